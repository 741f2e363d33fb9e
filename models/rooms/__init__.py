"""Speech, noise and call timings come in; recordings of simulated counters with their truth go out.

`voices` reads the sounds of one part, `talkers` and `dialogues` speak (`scripts` says what an overlap is), `sounds` and
`others` make all that is not the two sides, `settings` says what is heard how loud, `acoustics` builds the room and the
array, `scenes` puts one recording together, `simulator` gives it to the benchmark. Everything takes a seeded
generator; nothing is drawn elsewhere.
"""
