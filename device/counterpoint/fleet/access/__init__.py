"""Who may see what on the fleet's pages: accounts, sessions, roles, the doors of the server, and the audit log.

What comes in: requests and the store. What goes out: the same requests with a `Person`, or a refusal.
"""
