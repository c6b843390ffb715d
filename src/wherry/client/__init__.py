"""A blocking client of the engine's HTTP API.

Nothing here imports more than built-in C modules: a command line that starts in ten milliseconds cannot
pay for ``socket``, ``json``, ``http.client`` or ``typing``.
"""
