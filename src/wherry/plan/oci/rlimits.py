"""What a process may use (getrlimit(2)) and how readily the OOM killer takes it (proc_pid_oom_score_adj(5)).

Without CAP_SYS_RESOURCE the engine can raise neither a hard limit nor lower the score of what it starts; the runtime
would fail. What was asked for is brought into the bounds then, with a warning.
"""

from collections.abc import Iterator
from typing import Any, Final

from wherry.model.container import HostSpec
from wherry.model.host import HostFacts
from wherry.model.resources import Ulimit

_UNLIMITED: Final = 2**64 - 1


def with_defaults(asked: tuple[Ulimit, ...], defaults: tuple[Ulimit, ...]) -> tuple[Ulimit, ...]:
    """The limits of a container, and those of the engine's that it does not ask for itself."""
    names = {ulimit.name for ulimit in asked}
    return (*asked, *(ulimit for ulimit in defaults if ulimit.name not in names))


def rlimits(ulimits: tuple[Ulimit, ...], facts: HostFacts) -> list[dict[str, Any]]:
    """``--ulimit`` as the runtime spec has it; -1 is no limit."""
    return [_rlimit(_clamped(ulimit, facts)) for ulimit in ulimits]


def oom_score_adj(host: HostSpec, facts: HostFacts) -> int:
    """The score adjustment, not below the engine's own where that cannot be lowered."""
    return host.oom_score_adj if facts.can_raise_limits else max(host.oom_score_adj, facts.oom_score_adj)


def clamp_warnings(host: HostSpec, facts: HostFacts) -> Iterator[str]:
    """One text for each value that is not given as it was asked for."""
    for ulimit in host.resources.ulimits:
        given = _clamped(ulimit, facts)
        if given != ulimit:
            yield f"Ulimit {ulimit.name} is above what this host allows. Limited to {given.soft}:{given.hard}."
    score = oom_score_adj(host, facts)
    if score != host.oom_score_adj:
        yield f"OOM score adjustment {host.oom_score_adj} is below what this host allows. Limited to {score}."


def _clamped(ulimit: Ulimit, facts: HostFacts) -> Ulimit:
    if facts.can_raise_limits or ulimit.name.lower() != "nofile" or facts.nofile_hard < 0:
        return ulimit
    most = facts.nofile_hard
    return Ulimit(name=ulimit.name, soft=_at_most(ulimit.soft, most), hard=_at_most(ulimit.hard, most))


def _at_most(value: int, most: int) -> int:
    return most if value < 0 else min(value, most)


def _rlimit(ulimit: Ulimit) -> dict[str, Any]:
    return {
        "type": f"RLIMIT_{ulimit.name.upper()}",
        "hard": _UNLIMITED if ulimit.hard < 0 else ulimit.hard,
        "soft": _UNLIMITED if ulimit.soft < 0 else ulimit.soft,
    }
