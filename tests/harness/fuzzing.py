"""How many examples are made up: the same few each time, or as many new ones as ``./dev fuzz`` says."""

import os

from hypothesis import HealthCheck, Phase, settings

_MANY = int(os.environ.get("WHERRY_FUZZ") or 0)


def examples(few: int, *, shrink: bool = True) -> settings:
    """For a test of what is made up: ``few`` is what the suite has time for. Without ``shrink`` a failure is told as
    it was found: to make it smaller takes hundreds of examples."""
    return settings(
        max_examples=_MANY or few,
        derandomize=not _MANY,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=list(HealthCheck),
    )
