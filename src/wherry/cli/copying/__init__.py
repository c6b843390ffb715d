"""``cp``: paths, and how far it is."""
