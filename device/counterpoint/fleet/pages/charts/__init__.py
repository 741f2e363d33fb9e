"""Numbers in, SVG out: small drawings that stretch with the page, print, and need no script.

One rule: a position across is a share of the width (percent), so that a drawing fits any screen and its letters keep
their size; colours and strokes are the style sheet's (`static/charts.css`).
"""
