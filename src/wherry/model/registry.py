"""What is said to a registry and what it says."""

from msgspec import Struct

from wherry.model.image import Descriptor


class Credentials(Struct, frozen=True, kw_only=True):
    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    def __repr__(self) -> str:
        """Without the secrets: this may reach a log."""
        return f"Credentials(username={self.username!r})"


class Resolved(Struct, frozen=True, kw_only=True):
    """A manifest or index as a registry has it: its descriptor and its very bytes."""

    descriptor: Descriptor
    data: bytes


class Found(Struct, frozen=True, kw_only=True):
    """A repository that a search found."""

    name: str
    description: str = ""
    stars: int = 0
    is_official: bool = False


class RegistrySettings(Struct, frozen=True, kw_only=True):
    """How registries are dealt with.

    ``insecure`` are hosts, with a port or without, and networks that may be spoken to without good certificates;
    ``mirrors`` URLs that are asked before Docker Hub; ``max_attempts`` how often without progress.
    """

    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    max_downloads: int = 3
    max_uploads: int = 5
    max_attempts: int = 5
