"""Image references as people type them, for a client: split, completed, shortened.

Whether every character is allowed is for the engine to say; the client only refuses what Docker's client refuses before
it asks.
"""

from .session import CommandError

DEFAULT_DOMAIN = "docker.io"
OFFICIAL = "library/"
HEX = frozenset("0123456789abcdef")


class InvalidReference(CommandError, ValueError):
    """``str(error)`` is Docker's sentence; most commands end with it."""


class Reference:
    """``domain/path[:tag][@digest]``; ``tag`` and ``digest`` are "" when they are not there."""

    __slots__ = ("digest", "domain", "path", "tag")

    def __init__(self, domain: str, path: str, tag: str, digest: str) -> None:
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest

    @property
    def familiar_name(self) -> str:
        """The name without what Docker Hub makes implicit: ``busybox``, ``foo/bar``, ``quay.io/foo/bar``."""
        if self.domain != DEFAULT_DOMAIN:
            return f"{self.domain}/{self.path}"
        short = self.path.removeprefix(OFFICIAL)
        return short if "/" not in short else self.path

    def __str__(self) -> str:
        """The whole of it: ``docker.io/library/busybox:latest``."""
        return f"{self.domain}/{self.path}{self.suffix}"

    @property
    def suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{tag}@{self.digest}" if self.digest else tag


def parse(text: str) -> Reference:
    """The parts of a reference, the implicit ones filled in (but for the tag). InvalidReference when it is none."""
    if len(text) == 64 and HEX.issuperset(text):
        raise InvalidReference(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    rest, _, digest = text.partition("@")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, tag = rest, ""
    domain, path = _split_domain(name)
    if path.lower() != path:
        raise InvalidReference(f"invalid reference format: repository name ({path}) must be lowercase")
    if not path or not _is_path(path) or (colon and name != rest and not _is_tag(tag)) or not _is_digest(text, digest):
        raise InvalidReference("invalid reference format")
    return Reference(domain, path, tag, digest)


def familiar(text: str) -> str:
    """A reference without its digest and without what Hub makes implicit; the text itself when it is none."""
    try:
        reference = parse(text)
    except InvalidReference:
        return text
    return reference.familiar_name + (f":{reference.tag}" if reference.tag else "")


def _split_domain(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if not slash or not (set(".:") & set(first) or first == "localhost" or first.lower() != first):
        first, rest = DEFAULT_DOMAIN, name
    if first == "index.docker.io":
        first = DEFAULT_DOMAIN
    if first == DEFAULT_DOMAIN and "/" not in rest and rest:
        rest = OFFICIAL + rest
    return first, rest


def _is_path(path: str) -> bool:
    return (
        all(
            part
            and part[0].isalnum()
            and part[-1].isalnum()
            and part.replace("-", "").replace("_", "").replace(".", "").isalnum()
            for part in path.split("/")
        )
        and path.isascii()
    )


def _is_tag(tag: str) -> bool:
    return (
        0 < len(tag) <= 128
        and tag.isascii()
        and tag[0] not in ".-"
        and tag.translate(str.maketrans("", "", "_.-")).isalnum()
    )


def _is_digest(text: str, digest: str) -> bool:
    if "@" not in text:
        return True
    algorithm, _, value = digest.partition(":")
    return bool(algorithm) and len(value) >= 32 and HEX.issuperset(value.lower())
