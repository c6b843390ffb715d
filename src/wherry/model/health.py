"""How a container fares by its health check."""

from enum import StrEnum

from msgspec import Struct


class HealthStatus(StrEnum):
    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class Probe(Struct, frozen=True, kw_only=True):
    """One run of a health check. Times in ns since the epoch; ``exit_code`` is -1 if it could not run or took too
    long, ``output`` the beginning of what it said on both streams."""

    start: int
    end: int
    exit_code: int
    output: str = ""


class Health(Struct, frozen=True, kw_only=True):
    """``log`` has the last probes, those of earlier runs too; ``failing_streak`` counts failures in a row."""

    status: HealthStatus = HealthStatus.STARTING
    failing_streak: int = 0
    log: tuple[Probe, ...] = ()
