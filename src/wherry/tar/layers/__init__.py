"""Changesets of layers: applied, told apart, made into one."""
