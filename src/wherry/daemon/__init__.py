"""The daemon: configuration, sockets, signals and one engine behind them.

`main` → `flags` and `file` → `configuration` → `process`, which opens the engine, serves it and waits for `signals`.
"""
