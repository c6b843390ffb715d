"""Processes that work on files for the engine: how they are started, fed and heard of."""
