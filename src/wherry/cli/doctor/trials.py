"""Things tried for real, in a child process with namespaces of its own: nothing of it stays on the host."""

import ctypes
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 1 << 18
SIOCBRADDBR = 0x89A0
RTM_NEWLINK = 16
NLM_F_REQUEST_ACK_CREATE_EXCL = 0x1 | 0x4 | 0x400 | 0x200
IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND = 3, 18, 1
EXCLUSIVE_TABLE = b"add table inet wherry-doctor\n"

_libc = ctypes.CDLL(None, use_errno=True)


def try_all(folder: Path) -> dict[str, str]:
    """Why the kernel refuses each of overlay (below ``folder``), bridge, veth and nftables; "" for what works."""
    return _in_child(
        lambda: {
            "overlay": _reason(lambda: _overlay(folder)),
            "bridge": _reason(_bridge),
            "veth": _reason(_veth),
            "nftables": _reason(_nftables),
        }
    )


def _in_child(work: Callable[[], dict[str, str]]) -> dict[str, str]:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _unshare(CLONE_NEWNS | CLONE_NEWNET)
        os.write(writer, json.dumps(work()).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answers:
        found: dict[str, str] = json.loads(answers.read() or "{}")
    os.waitpid(child, 0)
    return found


def _reason(work: Callable[[], None]) -> str:
    try:
        work()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _unshare(flags: int) -> None:
    _check(_libc.unshare(flags))
    _check(_libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))


def _overlay(folder: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=".wherry-doctor-", dir=folder))
    try:
        layers = {name: scratch / name for name in ("lower", "upper", "work", "merged")}
        for path in layers.values():
            path.mkdir()
        options = f"lowerdir={layers['lower']},upperdir={layers['upper']},workdir={layers['work']}"
        merged = os.fsencode(layers["merged"])
        _check(_libc.mount(b"overlay", merged, b"overlay", 0, options.encode()))
        _check(_libc.umount2(merged, 0))
    finally:
        shutil.rmtree(scratch)


def _bridge() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        ioctl(control, SIOCBRADDBR, b"wherry-doctor\0")


def _veth() -> None:
    attributes = _attribute(IFLA_IFNAME, b"doctor0\0") + _attribute(IFLA_LINKINFO, _attribute(IFLA_INFO_KIND, b"veth"))
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0) + attributes
    header = struct.pack("=IHHII", 16 + len(body), RTM_NEWLINK, NLM_F_REQUEST_ACK_CREATE_EXCL, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.send(header + body)
        (status,) = struct.unpack_from("=i", route.recv(4096), 16)
    if status:
        raise OSError(-status, os.strerror(-status))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _nftables() -> None:
    answer = subprocess.run(["nft", "-f", "-"], input=EXCLUSIVE_TABLE, capture_output=True, check=False)
    if answer.returncode:
        raise OSError(0, answer.stderr.decode(errors="replace").strip().rpartition("Error: ")[2] or "nft failed")
