"""Real engines for tests: each in a network namespace, with a data root of its own."""
