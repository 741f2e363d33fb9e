"""The same numbers for spreadsheets and programs: summaries in, CSV and JSON out.

One rule: what leaves here is what the pages show, no finer and no newer; a foreign site does not exist here either.
"""
