"""Handlers, a module a noun. Each takes only the services that it uses and translates, no more."""
