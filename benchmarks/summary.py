"""What many samples say."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """The middle and the slow end of a row's samples, in the row's unit."""

    median: float
    p95: float
    count: int


def summarize(samples: Sequence[float]) -> Summary:
    """ValueError if there are none."""
    if not samples:
        raise ValueError("no samples")
    return Summary(statistics.median(samples), percentile(samples, 95), len(samples))


def percentile(samples: Sequence[float], percent: float) -> float:
    """The value below which ``percent`` of the samples lie, interpolated between the two nearest."""
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
