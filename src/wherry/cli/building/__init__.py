"""What ``build`` is made of: the context that is sent, the query, and the views of how it goes."""
