"""What people add to a site's numbers: what changed and when, and the site's own figures from a CSV.

What comes in: short texts, and files as spreadsheets write them. What goes out: notes and weekly facts in the store.
"""
