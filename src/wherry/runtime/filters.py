"""Seccomp filters that are handed to the runtime ready.

crun compiles a profile when it makes a container, and keeps the result beside the container's state. From the first
container with a profile we take it, write it so that the kernel takes it in a quarter of the time (``bpf``), and hand
that to crun for those that follow. Their config.json has no profile to be read, neither at the start nor at an exec.

Source: crun(1), ``run.oci.seccomp_bpf_data``. Figures: docs/adr/0024-seccomp-filters.md.
"""

import base64
from pathlib import Path
from typing import Any, Final

import msgspec

from wherry.runtime.bpf import searching

ANNOTATION: Final = "run.oci.seccomp_bpf_data"
_COMPILED: Final = "seccomp.bpf"  # in the state of a container of crun
_ASKING: Final = "run.oci.seccomp"
_KEPT: Final = 32

# Allows nothing: a runtime that overlooked the annotation would start nothing. The rule's name, which no system call
# has, keeps it apart from all profiles that crun has compiled and would take from its cache.
_CLOSED: Final = msgspec.json.encode(
    {
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [{"names": ["filter_is_handed_over"], "action": "SCMP_ACT_ERRNO"}],
    }
)


class _Profile(msgspec.Struct, rename="camel"):
    """What says how a filter is to be installed, and not what it decides."""

    flags: tuple[str, ...] = ()
    listener_path: str = ""


class Filters:
    """The filters that were learnt, by profile (the runtime spec's section ``linux.seccomp``, encoded)."""

    def __init__(self) -> None:
        self._ready: dict[bytes, str] = {}

    def handed(self, spec: dict[str, Any], profile: bytes) -> bytes:
        """config.json for ``spec`` with the filter that was learnt for ``profile``, or with ``profile`` itself."""
        ready = None if _asks_more(spec) else self._ready.get(profile)
        if ready is None:
            return config(spec, profile)
        annotated = {**spec, "annotations": {**spec["annotations"], ANNOTATION: ready}}
        return config(annotated, _CLOSED)

    def learn(self, spec: dict[str, Any], profile: bytes, state: Path) -> None:
        """Remember what crun made of ``profile`` for a container of ``spec`` whose state is in this folder."""
        if not profile or profile in self._ready or len(self._ready) == _KEPT:
            return
        if not _asks_more(spec) and _decides_alone(profile):
            self._ready[profile] = base64.b64encode(searching((state / _COMPILED).read_bytes())).decode()


def config(spec: dict[str, Any], profile: bytes) -> bytes:
    """config.json for ``spec`` with ``profile``, b"" for none."""
    if profile:
        spec = {**spec, "linux": {**spec["linux"], "seccomp": msgspec.Raw(profile)}}
    return msgspec.json.encode(spec)


def _asks_more(spec: dict[str, Any]) -> bool:
    """Whether annotations of the user's tell crun of a filter or a listener: that is not what the profile says."""
    return any(key.startswith(_ASKING) for key in spec["annotations"])


def _decides_alone(profile: bytes) -> bool:
    asked = msgspec.json.decode(profile, type=_Profile)
    return not (asked.flags or asked.listener_path)
