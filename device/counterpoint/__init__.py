"""Counterpoint: hears who speaks from which side of a counter, lights a discreet cue, publishes anonymous statistics."""

__version__ = "0.1.0"
