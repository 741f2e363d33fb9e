"""The second counter simulator (`Halls.of(folder)`): a condition and a seed come in, a scene and its truth go out.

It judges what the first simulator trained; nobody tunes on it. The two share the values of `models.benchmark` and the
arrays' geometry, nothing else. What is different here:

- **Room**: no box of image sources. Six planes that are not square to each other and a counter top give 26 early paths,
  added as phases, each wall with its own absorption by frequency; the rest is noise that decays at each frequency's own
  pace (Polack) and is as alike between microphones as a diffuse field. Mouths shine forward, turn and move.
- **Ear**: microphones with their own gain, slope, ripple, phase and noise; 16 bits; a gain that is at times too high.
- **Voices**: readers of the part `halls`, and fourteen synthetic ones of three engines (seven of Kokoro, four of flite,
  three of espeak-ng). Talk and small words of a voice have one level and channel.
- **Talk**: our own counter lines with questions, answers and natural ends, broken into in mid-sentence, with small
  words up to 1.5 s and short real talk-overs ("no, wait"); or real calls of the part `halls`.
- **Truth**: energy in three bands of the dry line, each against its own loud parts and hiss; second voices as scripted.
- **Sounds**: coughs, laughs, breaths, gongs, telephones, music, typing, paper, printers and chairs are computed.
"""
