"""Practice: a page plays a customer, a person listens, and a private card says how it went; nothing is kept.

The page's sound and words come in as messages, the customer's next line, the light and the card go out. Public:
`protocol` (what crosses the wall to the page), `serve` (the server) and `load_roles` (the role-plays of a folder).
"""
