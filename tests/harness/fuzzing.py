"""How many examples are made up: the same few each time, or as many new ones as ``./dev fuzz`` says."""

import os

from hypothesis import HealthCheck, settings

_MANY = int(os.environ.get("WHERRY_FUZZ") or 0)


def examples(few: int) -> settings:
    """For a test of what is made up: ``few`` is what the suite has time for."""
    return settings(
        max_examples=_MANY or few,
        derandomize=not _MANY,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
