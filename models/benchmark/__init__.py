"""The public counter benchmark: scenes of two simulators come in, a table of every system and condition goes out.

`conditions` says what is heard, `truth` what is true of a scene, `systems/` who is judged, the rest counts and draws.
"""
