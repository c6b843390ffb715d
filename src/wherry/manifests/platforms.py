"""Which operating systems and architectures a manifest may be said to be for (docker/cli ``cli/command/manifest``)."""

from typing import Final

_ARCHITECTURES: Final = {
    "darwin": ("386", "amd64", "arm", "arm64"),
    "dragonfly": ("amd64",),
    "freebsd": ("386", "amd64", "arm"),
    "linux": ("386", "amd64", "arm", "arm64", "ppc64le", "mips64", "mips64le", "riscv64", "s390x"),
    "netbsd": ("386", "amd64", "arm"),
    "openbsd": ("386", "amd64", "arm"),
    "plan9": ("386", "amd64"),
    "solaris": ("amd64",),
    "windows": ("386", "amd64"),
}


def is_known(system: str, architecture: str) -> bool:
    return architecture in _ARCHITECTURES.get(system, ())
