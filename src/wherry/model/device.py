"""Device nodes of the host."""

from msgspec import Struct


class DeviceNode(Struct, frozen=True, kw_only=True):
    """A device node as the host has it: ``type`` is c (character) or b (block), ``mode`` the permission bits."""

    path: str
    type: str
    major: int
    minor: int
    mode: int = 0o666
    uid: int = 0
    gid: int = 0
