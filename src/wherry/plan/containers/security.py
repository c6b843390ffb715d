"""What a container may not do: security options and hidden paths. Texts and defaults are Docker's."""

from typing import Final

from msgspec import Struct

from wherry.errors import InternalError
from wherry.model.container import ContainerSpec, HostSpec
from wherry.model.host import HostFacts
from wherry.plan.go_values import parse_bool

MASKED_PATHS: Final = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
READONLY_PATHS: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

UNCONFINED: Final = "unconfined"
APPARMOR_PROFILE: Final = "docker-default"
"""The profile of ``plan/data/apparmor.profile``, which is loaded when the engine starts."""


class SecurityOptions(Struct, frozen=True, kw_only=True):
    """``--security-opt``, read. ``seccomp`` is "", builtin, unconfined or a profile's JSON; ``apparmor`` a profile's
    name or ""; ``system_paths`` is False for ``systempaths=unconfined``."""

    seccomp: str = ""
    apparmor: str = ""
    no_new_privileges: bool = False
    system_paths: bool = True


def parse(options: tuple[str, ...]) -> SecurityOptions:
    """Read the options; the last of a kind counts. ``label`` is for SELinux and does nothing, as in Docker without it.

    InternalError, which is what dockerd makes of it, for anything else.
    """
    seccomp, apparmor, no_new_privileges, system_paths = "", "", False, True
    for option in options:
        match _split(option):
            case "seccomp", value:
                seccomp = value
            case "apparmor", value:
                apparmor = value
            case "no-new-privileges", value if (wanted := parse_bool(value)) is not None:
                no_new_privileges = wanted
            case "systempaths", "unconfined":
                system_paths = False
            case ("label", _) | ("disable", "true"):
                pass
            case _:
                raise InternalError(f'invalid --security-opt 2: "{option}"')
    return SecurityOptions(
        seccomp=seccomp, apparmor=apparmor, no_new_privileges=no_new_privileges, system_paths=system_paths
    )


def check(spec: ContainerSpec) -> None:
    """Raise what ``parse`` raises."""
    parse(spec.host.security_opt)


def masked_paths(host: HostSpec) -> tuple[str, ...]:
    """Paths that a container finds empty."""
    return _paths(host, host.masked_paths, MASKED_PATHS)


def readonly_paths(host: HostSpec) -> tuple[str, ...]:
    """Paths that a container cannot write to."""
    return _paths(host, host.readonly_paths, READONLY_PATHS)


def apparmor_profile(host: HostSpec, facts: HostFacts) -> str:
    """The AppArmor profile of a container's processes, "" where the host has no AppArmor."""
    asked = parse(host.security_opt).apparmor
    if not facts.apparmor:
        return ""
    return asked or (UNCONFINED if host.privileged else APPARMOR_PROFILE)


def _paths(host: HostSpec, asked: tuple[str, ...] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if asked is not None:
        return asked
    return default if not host.privileged and parse(host.security_opt).system_paths else ()


def _split(option: str) -> tuple[str, str]:
    """``name=value`` or, as of old, ``name:value``; two options stand alone."""
    if option in ("no-new-privileges", "disable"):
        return option, "true"
    separator = "=" if "=" in option else ":"
    name, found, value = option.partition(separator)
    if not found:
        raise InternalError(f'invalid --security-opt 1: "{option}"')
    return name, value
