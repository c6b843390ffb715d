"""Seccomp profiles: Docker's format, with conditions, → the section of the runtime spec, without.

Sources: moby ``profiles/seccomp`` (the format), OCI runtime spec ``config-linux.md``, Seccomp. Resolving and encoding
takes milliseconds and gives the same for most containers, so that results are kept.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from wherry.errors import InternalError
from wherry.model.container import Container
from wherry.model.host import HostFacts
from wherry.model.malformed import MALFORMED
from wherry.model.system import BUILTIN_PROFILE
from wherry.plan.containers.capabilities import capabilities
from wherry.plan.containers.security import UNCONFINED, parse
from wherry.plan.kernel_version import at_least

_DISABLED: Final = "seccomp is not enabled in your kernel, cannot run a custom seccomp profile"

# uname -m → what profiles call it (Go's names) and what libseccomp calls it.
_ARCHITECTURES: Final = {
    "x86_64": ("amd64", "SCMP_ARCH_X86_64"),
    "i686": ("x86", "SCMP_ARCH_X86"),
    "aarch64": ("arm64", "SCMP_ARCH_AARCH64"),
    "armv7l": ("arm", "SCMP_ARCH_ARM"),
    "ppc64le": ("ppc64le", "SCMP_ARCH_PPC64LE"),
    "s390x": ("s390x", "SCMP_ARCH_S390X"),
    "riscv64": ("riscv64", "SCMP_ARCH_RISCV64"),
    "loongarch64": ("loongarch64", "SCMP_ARCH_LOONGARCH64"),
    "mips64": ("mips64", "SCMP_ARCH_MIPS64"),
}


class _Filter(Struct, frozen=True, rename="camel"):
    """When a rule counts: ``caps`` a container has, ``arches`` it runs on, kernels from ``min_kernel``."""

    caps: tuple[str, ...] | None = None
    arches: tuple[str, ...] | None = None
    min_kernel: str | None = None


class _Rule(Struct, frozen=True, rename="camel"):
    action: str
    names: tuple[str, ...] | None = None
    name: str | None = None
    errno_ret: int | None = None
    args: tuple[dict[str, Any], ...] | None = None
    includes: _Filter | None = None
    excludes: _Filter | None = None


class _Architecture(Struct, frozen=True, rename="camel"):
    architecture: str
    sub_architectures: tuple[str, ...] | None = None


class _Profile(Struct, frozen=True, rename="camel"):
    default_action: str = ""
    default_errno_ret: int | None = None
    architectures: tuple[str, ...] | None = None
    arch_map: tuple[_Architecture, ...] | None = None
    flags: tuple[str, ...] | None = None
    listener_path: str = ""
    listener_metadata: str = ""
    syscalls: tuple[_Rule, ...] | None = None


class Seccomp:
    """Gives each container its section. ``builtin`` is Docker's profile, JSON; ``default`` another one for containers
    that ask for none, b"" for no confinement."""

    def __init__(self, builtin: bytes, default: bytes | None = None) -> None:
        self._profiles = {"": builtin if default is None else default, BUILTIN_PROFILE: builtin}

    def encoded(self, container: Container, facts: HostFacts) -> bytes:
        """The seccomp section as JSON, b"" for none: unconfined, privileged, or a kernel without seccomp.

        InternalError, as dockerd has it, for a profile that cannot be read.
        """
        host = container.spec.host
        asked = parse(host.security_opt).seccomp
        if asked == UNCONFINED or (host.privileged and not asked):
            return b""
        if not facts.seccomp:
            if asked not in self._profiles:
                raise InternalError(_DISABLED)
            return b""
        profile = self._profiles.get(asked, asked.encode())
        if not profile:
            return b""
        return resolve(profile, capabilities(host, facts), facts.architecture, facts.kernel)


@lru_cache(maxsize=32)
def resolve(profile: bytes, caps: tuple[str, ...], machine: str, kernel: str) -> bytes:
    """A profile's rules for a container with ``caps`` on this machine (uname -m, -r), encoded; b"" if it is empty."""
    try:
        parsed = msgspec.json.decode(profile, type=_Profile)
    except MALFORMED as error:
        raise InternalError(f"Decoding seccomp profile failed: {error}") from None
    if not parsed.default_action:
        return b""
    if parsed.architectures and parsed.arch_map:
        raise InternalError("both 'architectures' and 'archMap' are specified in the seccomp profile")
    arch, native = _ARCHITECTURES.get(machine, (machine, ""))
    rules = (rule for rule in parsed.syscalls or () if _counts(rule, frozenset(caps), arch, kernel))
    section = {
        "defaultAction": parsed.default_action,
        "defaultErrnoRet": parsed.default_errno_ret,
        "architectures": parsed.architectures or tuple(_architectures(parsed, native)),
        "flags": parsed.flags,
        "listenerPath": parsed.listener_path,
        "listenerMetadata": parsed.listener_metadata,
        "syscalls": tuple(_syscall(rule) for rule in rules),
    }
    return msgspec.json.encode({key: value for key, value in section.items() if value not in (None, "", ())})


def _architectures(profile: _Profile, native: str) -> Iterator[str]:
    for entry in profile.arch_map or ():
        if entry.architecture == native:
            yield from (entry.architecture, *(entry.sub_architectures or ()))


def _counts(rule: _Rule, caps: frozenset[str], arch: str, kernel: str) -> bool:
    return _included(rule.includes or _Filter(), caps, arch, kernel) and not _excluded(
        rule.excludes or _Filter(), caps, arch, kernel
    )


def _included(includes: _Filter, caps: frozenset[str], arch: str, kernel: str) -> bool:
    return (
        caps.issuperset(includes.caps or ())
        and (not includes.arches or arch in includes.arches)
        and (not includes.min_kernel or at_least(kernel, _version(includes.min_kernel)))
    )


def _excluded(excludes: _Filter, caps: frozenset[str], arch: str, kernel: str) -> bool:
    return (
        not caps.isdisjoint(excludes.caps or ())
        or arch in (excludes.arches or ())
        or (excludes.min_kernel is not None and at_least(kernel, _version(excludes.min_kernel)))
    )


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise InternalError(f"Decoding seccomp profile failed: invalid kernel version {text!r}")
    return int(major), int(minor)


def _syscall(rule: _Rule) -> dict[str, Any]:
    syscall: dict[str, Any] = {"names": rule.names or (rule.name or "",), "action": rule.action}
    if rule.errno_ret is not None:
        syscall["errnoRet"] = rule.errno_ret
    if rule.args:
        syscall["args"] = rule.args
    return syscall
