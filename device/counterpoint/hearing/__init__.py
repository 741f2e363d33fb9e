"""Blocks of samples come in, beliefs about who speaks go out.

`geometry` says where the microphones are, `zones` turns a block into what the two sides and the rest of the
room sound like, `detector` turns that into probabilities, `channels` notices microphones that are dead.
"""
