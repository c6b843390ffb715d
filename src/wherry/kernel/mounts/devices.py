"""What mount(8) does for local volumes: options as text, and servers by name (moby ``volume/local``).

Sources: mount(8) and mount(2) for the flags, nfs(5) and mount.cifs(8) for ``addr``.
"""

import os
import re
import socket
from ipaddress import ip_address
from typing import Final

from msgspec.structs import replace

from wherry.errors import InternalError
from wherry.kernel import syscalls
from wherry.model.mount import DeviceMount

# Option → the flag that it sets (True) or takes away.
_FLAGS: Final = {
    "ro": (syscalls.MS_RDONLY, True),
    "rw": (syscalls.MS_RDONLY, False),
    "nosuid": (syscalls.MS_NOSUID, True),
    "suid": (syscalls.MS_NOSUID, False),
    "nodev": (syscalls.MS_NODEV, True),
    "dev": (syscalls.MS_NODEV, False),
    "noexec": (syscalls.MS_NOEXEC, True),
    "exec": (syscalls.MS_NOEXEC, False),
    "sync": (16, True),
    "async": (16, False),
    "dirsync": (128, True),
    "noatime": (1024, True),
    "atime": (1024, False),
    "nodiratime": (2048, True),
    "diratime": (2048, False),
    "relatime": (1 << 21, True),
    "norelatime": (1 << 21, False),
    "strictatime": (1 << 24, True),
    "nostrictatime": (1 << 24, False),
    "bind": (syscalls.MS_BIND, True),
    "rbind": (syscalls.MS_BIND | syscalls.MS_REC, True),
    "defaults": (0, True),
}
_PROPAGATIONS: Final = {
    prefix + name: flag | recursion
    for name, flag in (
        ("unbindable", 1 << 17),
        ("private", syscalls.MS_PRIVATE),
        ("slave", 1 << 19),
        ("shared", 1 << 20),
    )
    for prefix, recursion in (("", 0), ("r", syscalls.MS_REC))
}
_READ_ONLY_BIND: Final = syscalls.MS_RDONLY | syscalls.MS_BIND
_ADDRESS: Final = re.compile(r"(?:^|,)addr=([^,]*)")
_PASSWORD: Final = re.compile(r"((?:^|,)password=)[^,]*")


def mount(asked: DeviceMount) -> None:
    """Blocks until the device or the server has answered. InternalError in Docker's words."""
    target = asked.target
    if asked.kind in ("nfs", "cifs"):
        asked = _addressed(asked)
    flags, propagation, data = parse(asked.options)
    try:
        syscalls.mount(asked.source, target, asked.kind, flags, data)
        if flags & _READ_ONLY_BIND == _READ_ONLY_BIND:  # a bind alone takes no notice of it
            syscalls.mount(None, target, None, flags | syscalls.MS_REMOUNT)
        if propagation:
            syscalls.mount(None, target, None, propagation)
    except OSError as error:
        raise InternalError(_refused(asked, flags, data, error)) from error


def parse(options: str) -> tuple[int, int, str]:
    """Flags of mount(2), flags of a second mount(2) for the propagation, and what is the file system's own."""
    flags, propagation, own = 0, 0, []
    for option in filter(None, options.split(",")):
        if option in _FLAGS:
            flag, sets = _FLAGS[option]
            flags = flags | flag if sets else flags & ~flag
        elif option in _PROPAGATIONS:
            propagation |= _PROPAGATIONS[option]
        else:
            own.append(option)
    return flags, propagation, ",".join(own)


def _addressed(asked: DeviceMount) -> DeviceMount:
    """The kernel knows servers by address only."""
    found = _ADDRESS.search(asked.options)
    if found is None or not found[1] or _is_address(found[1]):
        return asked
    try:
        address = socket.getaddrinfo(found[1], None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError as error:
        raise InternalError(
            f"error while mounting volume '{asked.target}': error resolving passed in network volume address: {error}"
        ) from error
    start, end = found.span(1)
    return replace(asked, options=f"{asked.options[:start]}{address}{asked.options[end:]}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _refused(asked: DeviceMount, flags: int, data: str, error: OSError) -> str:
    what = f"{asked.source}:{asked.target}"
    if flags:
        what += f", flags: 0x{flags:x}"
    if data:
        what += ", data: " + _PASSWORD.sub(r"\1********", data)
    reason = os.strerror(error.errno or 0).lower()
    return f"error while mounting volume '{asked.target}': failed to mount local volume: mount {what}: {reason}"
