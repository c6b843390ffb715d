"""What is known, in rows."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from wherry.model.build import CacheEntry
from wherry.model.container import Container
from wherry.model.image import Image, Layer, Tag
from wherry.model.network import Network
from wherry.model.plugin import Plugin
from wherry.model.volume import Volume

R = TypeVar("R")


class Table(Protocol[R]):
    """One kind of record. Reads are from memory and free; a write is durable when it returns."""

    def get(self, key: str) -> R | None: ...

    def all(self) -> tuple[R, ...]:
        """All records, oldest first."""
        ...

    async def put(self, record: R) -> None: ...

    async def delete(self, key: str) -> None: ...


class Records(Protocol):
    """What exists and what was asked. Keys: id; tag's and volume's name; layer's chain ID; cached step's key."""

    @property
    def containers(self) -> Table[Container]: ...

    @property
    def images(self) -> Table[Image]: ...

    @property
    def tags(self) -> Table[Tag]: ...

    @property
    def layers(self) -> Table[Layer]: ...

    @property
    def networks(self) -> Table[Network]: ...

    @property
    def volumes(self) -> Table[Volume]: ...

    @property
    def plugins(self) -> Table[Plugin]: ...

    @property
    def cache(self) -> Table[CacheEntry]: ...

    async def commit(
        self,
        *,
        put: Iterable[CacheEntry | Container | Image | Tag | Layer | Network | Plugin | Volume] = (),
        delete: Iterable[CacheEntry | Container | Image | Tag | Layer | Network | Plugin | Volume] = (),
    ) -> None:
        """Several changes in one transaction: all or none."""
        ...
