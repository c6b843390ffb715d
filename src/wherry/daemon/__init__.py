"""The daemon: configuration, sockets, signals and one engine behind them."""
