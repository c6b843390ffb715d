"""Platforms as users write them (``linux/arm64/v8``, ``amd64``, ``linux``), and which images are for one.

The rules are those of github.com/containerd/platforms.
"""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from wherry.errors import InvalidArgument, NoSuchImage, NoSuchManifest
from wherry.model.image import Descriptor, Platform, architecture

_COMPONENT = re.compile(r"[A-Za-z0-9_-]+")

_KNOWN_ARCHITECTURES = frozenset(
    (
        *("386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle"),
        *("ppc64", "ppc64le", "riscv64", "s390x", "wasm"),
    )
)
_KNOWN_SYSTEMS = frozenset(("linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "wasip1"))
_UNKNOWN = "unknown"
_SYSTEMS = {"macos": "darwin"}  # by another name
_IMPLIED_VARIANTS = {"armhf": "v7", "armel": "v6"}  # names of a processor that tell its variant
_SPELLINGS = {  # of variants
    "amd64": {"v1": ""},
    "arm64": {"": "v8", "8": "v8"},
    "arm": {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"},
}
_FAMILIES = {"arm": ("v8", "v7", "v6", "v5"), "amd64": ("v4", "v3", "v2", "")}  # each runs those after it


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


def best_match(entries: Iterable[Descriptor], wanted: Platform) -> Descriptor:
    """The image of an index for a platform: the first exact match, else the best one that the processor also runs.

    Entries without a known platform, such as BuildKit's attestations, are never chosen.

    Raises:
        NoSuchManifest: there is none.
    """
    found: dict[Platform, Descriptor] = {}
    for entry in entries:
        if entry.platform is not None and _UNKNOWN not in (entry.platform.os, entry.platform.architecture):
            found.setdefault(_normal(entry.platform), entry)
    for platform in _runnable(_normal(wanted)):
        if platform in found:
            return found[platform]
    raise NoSuchManifest(f"no matching manifest for {wanted} in the manifest list entries")


def parse_platform(text: str, host_architecture: str) -> Platform:
    """Read a platform; what is left out is linux and the host's architecture.

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
    system, machine, variant = _system(parts[0]), architecture(parts[1]), "".join(parts[2:])
    if machine == "arm" and variant.isdecimal():
        variant = f"v{variant}"
    return Platform(os=system, architecture=machine, variant=variant)


def _from_one_word(text: str, host_architecture: str) -> Platform:
    word = _system(text)
    if word in _KNOWN_SYSTEMS:
        return Platform(os=word, architecture=host_architecture)
    if architecture(word) in _KNOWN_ARCHITECTURES:
        return Platform(os="linux", architecture=architecture(word))
    raise InvalidArgument(f'"{text}": unknown operating system or architecture: invalid argument')


def _system(text: str) -> str:
    name = text.lower()
    return _SYSTEMS.get(name, name)


def _normal(platform: Platform) -> Platform:
    """One spelling a platform: arm64 is v8 and arm is v7 unless it says else."""
    variant = _IMPLIED_VARIANTS.get(platform.architecture.lower(), platform.variant.lower())
    processor = architecture(platform.architecture)
    variant = _SPELLINGS.get(processor, {}).get(variant, variant)
    return Platform(os=platform.os.lower(), architecture=processor, variant=variant)


def _runnable(platform: Platform) -> tuple[Platform, ...]:
    """``platform`` and what its processor runs as well, best first (compare.go)."""
    family = _FAMILIES.get(platform.architecture, ())
    variants = family[family.index(platform.variant) :] if platform.variant in family else (platform.variant,)
    if platform.architecture == "arm64" and platform.variant != "v8":
        variants = (*variants, "v8")
    return tuple(replace(platform, variant=variant) for variant in variants)
