"""wherry measured, beside a dockerd where there is one: ``python -m benchmarks --help``.

Every sample alternates between the engines, so that a busy moment of the machine meets both. A benchmark is a function
in ``rows``: it sets one contestant up and yields a function that takes one sample of each of its rows.
"""
