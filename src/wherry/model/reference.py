"""Image references: ``name[:tag][@digest]``.

The grammar is that of github.com/distribution/reference (regexp.go, normalize.go), with Docker's familiar names
on top: ``busybox`` means ``docker.io/library/busybox``. The texts of the errors are Docker's.
"""

import re
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import InvalidReference

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"
LEGACY_DOMAIN = "index.docker.io"
HUB_HOST = "registry-1.docker.io"  # which serves the default domain
OFFICIAL_PREFIX = "library/"
_MAX_PATH_LENGTH = 255

_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

_REFERENCE = re.compile(
    rf"(?P<domain>{_DOMAIN})/(?P<path>{_PATH_PART}(?:/{_PATH_PART})*)(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?"
)
_TAG_ALONE = re.compile(_TAG)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_HEX = re.compile(r"[a-f0-9]+")
_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}


class Reference(Struct, frozen=True, kw_only=True):
    """A repository of a registry, and maybe a tag, a digest or both in it.

    ``domain`` is the registry's host, with its port if one was given; ``path`` the repository there.
    """

    domain: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a user typed. A missing tag stays missing: see `with_default_tag`.

        Raises InvalidReference.
        """
        if _IDENTIFIER.fullmatch(text):
            raise InvalidReference(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
        domain, rest = _split_domain(text)
        repository = rest.partition(":")[0]
        if repository != repository.lower():
            raise InvalidReference(f"invalid reference format: repository name ({repository}) must be lowercase")
        match = _REFERENCE.fullmatch(f"{domain}/{rest}")
        if match is None:
            raise InvalidReference("invalid reference format")
        if len(match["path"]) > _MAX_PATH_LENGTH:
            raise InvalidReference(f"repository name must not be more than {_MAX_PATH_LENGTH} characters")
        if match["digest"] is not None:
            check_digest(match["digest"])
        return cls(domain=match["domain"], path=match["path"], tag=match["tag"], digest=match["digest"])

    @property
    def name(self) -> str:
        """The repository with its domain, always."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_name(self) -> str:
        """The repository as people write it: without ``docker.io/`` and ``library/`` where they can be left out."""
        if self.domain != DEFAULT_DOMAIN:
            return self.name
        for short in (self.path.removeprefix(OFFICIAL_PREFIX), self.path):
            if not _IDENTIFIER.fullmatch(short) and _split_domain(short) == (self.domain, self.path):
                return short
        return self.name

    @property
    def canonical(self) -> str:
        """The whole text: ``docker.io/library/busybox:latest``."""
        return self.name + self._suffix

    @property
    def familiar(self) -> str:
        """The text for people: ``busybox:latest``. Parsing it gives this reference again."""
        return self.familiar_name + self._suffix

    def __str__(self) -> str:
        return self.familiar

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def with_tag(self, tag: str) -> Self:
        """The same repository (and digest) under ``tag``. Raises InvalidReference."""
        if not _TAG_ALONE.fullmatch(tag):
            raise InvalidReference("invalid tag format")
        return replace(self, tag=tag)

    def with_digest(self, digest: str) -> Self:
        """The same repository (and tag) at ``digest``. Raises InvalidReference."""
        check_digest(digest)
        return replace(self, digest=digest)

    def with_default_tag(self) -> Self:
        """The tag ``latest`` where there is neither tag nor digest."""
        return self if self.tag or self.digest else replace(self, tag=DEFAULT_TAG)


def check_digest(text: str) -> None:
    """Raise InvalidReference unless ``text`` is a digest of a known algorithm (opencontainers/go-digest)."""
    algorithm, colon, encoded = text.partition(":")
    if not colon or not encoded:
        raise InvalidReference("invalid checksum digest format")
    if algorithm not in _HEX_DIGITS:
        raise InvalidReference("unsupported digest algorithm")
    if len(encoded) != _HEX_DIGITS[algorithm]:
        raise InvalidReference("invalid checksum digest length")
    if not _HEX.fullmatch(encoded):
        raise InvalidReference("invalid checksum digest format")


def _split_domain(text: str) -> tuple[str, str]:
    """Domain and rest: a first part counts as a domain if it has a dot, a port, a capital, or is ``localhost``."""
    first, slash, rest = text.partition("/")
    is_domain = bool(slash) and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    domain, rest = (first, rest) if is_domain else (DEFAULT_DOMAIN, text)
    if domain == LEGACY_DOMAIN:
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in rest:
        rest = OFFICIAL_PREFIX + rest
    return domain, rest
