"""Speech, noise and call timings come in; recordings of simulated counters with their truth go out.

`voices` reads the sounds and splits them, `scripts` says who speaks when, `acoustics` builds the room and the
array, `scenes` puts one recording together. Everything takes a seeded generator; nothing is drawn elsewhere.
"""
