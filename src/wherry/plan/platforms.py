"""Platforms as users write them (``linux/arm64/v8``, ``amd64``, ``linux``), and whether an image is for one."""

import re

from wherry.errors import InvalidArgument, NoSuchImage
from wherry.model.image import Platform, architecture

_COMPONENT = re.compile(r"[A-Za-z0-9_-]+")

_KNOWN_ARCHITECTURES = frozenset(
    (
        *("386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle"),
        *("ppc64", "ppc64le", "riscv64", "s390x", "wasm"),
    )
)
_KNOWN_SYSTEMS = frozenset(("linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "wasip1"))


class WrongPlatform(NoSuchImage):
    """The image that is here is for another platform: to the clients of a create, it is not here."""

    def __init__(self, ref: str, wanted: str, actual: Platform) -> None:
        super().__init__(ref)
        text = "was found but does not match the specified platform"
        self.args = (f"image with reference {ref} {text}: wanted {wanted}, actual: {actual}",)


def check_platform(actual: Platform, wanted: str, ref: str) -> None:
    """WrongPlatform unless ``actual`` is ``wanted`` (``os/architecture[/variant]``, "" for any)."""
    have = (actual.os, actual.architecture, actual.variant)
    asked = wanted.split("/") if wanted else []
    if any(part != own for part, own in zip(asked, have, strict=False) if own):
        raise WrongPlatform(ref, wanted, actual)


def parse_platform(text: str, host_architecture: str) -> Platform:
    """Read a platform; what is left out is linux and the host's architecture (containerd's platforms package).

    Raises:
        InvalidArgument: it is none.
    """
    parts = text.split("/")
    if len(parts) > 3:
        raise InvalidArgument(f'"{text}": cannot parse platform specifier: invalid argument')
    for part in parts:
        if not _COMPONENT.fullmatch(part):
            raise InvalidArgument(
                f'"{part}" is an invalid component of "{text}": platform specifier component must match '
                f'"^{_COMPONENT.pattern}$": invalid argument'
            )
    if len(parts) == 1:
        return _from_one_word(text, host_architecture)
    system, machine, variant = parts[0].lower(), architecture(parts[1]), "".join(parts[2:])
    if machine == "arm" and variant.isdecimal():
        variant = f"v{variant}"
    return Platform(os=system, architecture=machine, variant=variant)


def _from_one_word(text: str, host_architecture: str) -> Platform:
    word = text.lower()
    if word in _KNOWN_SYSTEMS:
        return Platform(os=word, architecture=host_architecture)
    if architecture(word) in _KNOWN_ARCHITECTURES:
        return Platform(os="linux", architecture=architecture(word))
    raise InvalidArgument(f'"{text}": unknown operating system or architecture: invalid argument')
