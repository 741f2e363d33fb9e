"""The second counter simulator: a condition and a seed come in, a heard scene and its truth go out (`Halls`).

It judges what the first simulator trained, and shares nothing with it but the values of `models.benchmark`.
"""
