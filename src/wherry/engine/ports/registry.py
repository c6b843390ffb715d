"""Registries, the web and git repositories."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from wherry.model.download import Download
from wherry.model.image import Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials, Found, RegistrySettings, Resolved


class Registry(Protocol):
    """Raises NoSuchManifest, Unauthorized, RegistryError."""

    def configure(self, settings: RegistrySettings) -> None:
        """Other mirrors, insecure registries and attempts from now on."""
        ...

    async def resolve(self, reference: Reference, credentials: Credentials | None) -> Resolved: ...

    def blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        credentials: Credentials | None,
        pausing: Callable[[float], None] | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """As many bytes as the descriptor says, or an error; the digest is for the caller. To be closed. ``pausing`` is
        told of each pause, in seconds, before the registry is tried again."""
        ...

    async def find(self, domain: str) -> None:
        """RegistryError unless the registry answers."""
        ...

    async def exists(self, reference: Reference, digest: str, credentials: Credentials | None) -> bool:
        """Whether the repository says that it has a blob."""
        ...

    async def mount(self, reference: Reference, digest: str, source: str, credentials: Credentials | None) -> bool:
        """Take a blob over from the repository ``source``, a path in the same registry; False if that does not go."""
        ...

    async def upload(
        self,
        reference: Reference,
        descriptor: Descriptor,
        body: Callable[[], AsyncGenerator[bytes, None]],
        credentials: Credentials | None,
        pausing: Callable[[float], None] | None = None,
    ) -> None:
        """Send a blob; each call of ``body`` gives its bytes from the start. ``pausing`` as in ``blob``."""
        ...

    async def put_manifest(self, reference: Reference, manifest: Resolved, credentials: Credentials | None) -> None:
        """Store a manifest, whose blobs are there, under the reference's tag."""
        ...

    async def login(self, domain: str, credentials: Credentials) -> str:
        """Try the credentials; gives an identity token in the place of the password, "" if there is none."""
        ...

    async def search(
        self, domain: str, term: str, limit: int, credentials: Credentials | None
    ) -> tuple[Found, ...]: ...

    async def tags(self, reference: Reference, credentials: Credentials | None) -> tuple[str, ...]: ...


class Web(Protocol):
    def open(self, url: str) -> AbstractAsyncContextManager[Download]:
        """A file, read while the block lasts. WherryError in Docker's words where there is none, or not all of it."""
        ...


class Git(Protocol):
    async def clone(self, url: str, ref: str, into: Path, *, keep_git_dir: bool) -> None:
        """The files of a repository at a branch, a tag or a commit ("" for its default), with their modules, to an
        empty folder; with its ``.git``, if that is to be kept. NotSupported where there is no git; InternalError with
        what git says."""
        ...
