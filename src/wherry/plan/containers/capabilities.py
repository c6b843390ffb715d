"""Which Linux capabilities a container has (capabilities(7)); rules and texts are Docker's."""

from collections.abc import Iterator
from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.container import HostSpec
from wherry.model.host import HostFacts
from wherry.plan.kernel_version import at_least

_DEFAULT_NAMES: Final = """
    CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
    AUDIT_WRITE
"""
# In the order of their numbers, as linux/capability.h has them.
_KNOWN_NAMES: Final = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
"""
DEFAULT: Final = tuple(f"CAP_{name}" for name in _DEFAULT_NAMES.split())
_KNOWN: Final = tuple(f"CAP_{name}" for name in _KNOWN_NAMES.split())
_NAMES: Final = frozenset(_KNOWN)
_SINCE: Final = {"CAP_PERFMON": (5, 8), "CAP_BPF": (5, 8), "CAP_CHECKPOINT_RESTORE": (5, 9)}
_ALL: Final = "ALL"


def available(facts: HostFacts) -> tuple[str, ...]:
    """All that this kernel knows and that the engine itself may give away, in the order of their numbers."""
    return tuple(
        name
        for name in _KNOWN
        if (name != "CAP_SYS_RESOURCE" or facts.can_raise_limits) and at_least(facts.kernel, _SINCE.get(name, (0, 0)))
    )


def capabilities(host: HostSpec, facts: HostFacts) -> tuple[str, ...]:
    """What a container has: Docker's fourteen, less ``cap_drop``, plus ``cap_add``; all if it is privileged.

    InvalidArgument for a name that is no capability, or one that this host does not have.
    """
    if host.privileged:
        return available(facts)
    added = tuple(_checked("CapAdd", host.cap_add, facts))
    dropped = tuple(_checked("CapDrop", host.cap_drop, facts))
    if _ALL in added:
        return tuple(name for name in available(facts) if name not in dropped)
    if _ALL in dropped:
        return added
    kept = tuple(name for name in DEFAULT if name not in dropped)
    return tuple(dict.fromkeys(kept + added))


def _checked(field: str, names: tuple[str, ...], facts: HostFacts) -> Iterator[str]:
    for text in names:
        name = _normal(text)
        if name != _ALL and name not in _NAMES:
            raise InvalidArgument(f'invalid {field}: unknown capability: "{name}"')
        if name != _ALL and name not in available(facts):
            raise InvalidArgument(
                f"invalid {field}: capability not supported by your kernel or not available in the current "
                f'environment: "{name}"'
            )
        yield name


def _normal(text: str) -> str:
    """``net_admin`` → ``CAP_NET_ADMIN``; ``all`` and ``CAP_ALL`` → ``ALL``."""
    name = text.upper().removeprefix("CAP_")
    return _ALL if name == _ALL else f"CAP_{name}"
