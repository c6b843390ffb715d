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
