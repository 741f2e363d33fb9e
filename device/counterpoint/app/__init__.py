"""Wiring and the command line: settings and arguments come in, stages and edges are put together; no logic here."""
