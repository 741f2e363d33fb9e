"""The pages that people read: summaries in, whole HTML pages out.

Public parts: `layout.render` puts any template into the frame that all pages share, `site_map.page_routes` gives the
routes. One rule: a page is made of summaries (messages/summaries.py) and of nothing finer; it works without script.
"""
