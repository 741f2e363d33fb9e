"""Summaries out of the store in, retained topics for others' dashboards out; what is deleted there is cleared here.

`teller.Teller` is the loop, `line.TellingLine` the connection. The numbers are those of the pages, byte for byte.
"""
