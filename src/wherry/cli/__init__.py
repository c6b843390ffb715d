"""The ``wherry`` command line: a client of the API that never imports the engine."""
