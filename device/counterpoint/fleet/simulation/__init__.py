"""A seed in, a realistic year of a fleet out: sites, visits, windows, faults, and what happened; nobody real in it.

Public parts: `build_places` (the sites), `plan_year` (what happens to them), `Crew` and `draw_week` (who serves, who
comes), `week_windows` (through the device's own disclosure) and `Roster` (for the attack alone).
"""
