"""Which containers there are, by id, by prefix and by name."""

from collections.abc import Iterator
from contextlib import contextmanager

from wherry.engine.ports import Records
from wherry.errors import InvalidArgument, NameInUse, NoSuchContainer
from wherry.model.container import Container
from wherry.plan.naming import check_container_name, find_by_id


class Catalog:
    """The rows of containers, and the names that are taken while their container is being made."""

    def __init__(self, records: Records) -> None:
        self._table = records.containers
        self._reserved: dict[str, str] = {}

    def all(self) -> tuple[Container, ...]:
        """Oldest first."""
        return self._table.all()

    def of_image(self, image_id: str) -> tuple[Container, ...]:
        """Containers that were made from an image."""
        return tuple(container for container in self.all() if container.image_id == image_id)

    def get(self, container_id: str) -> Container:
        """By whole id. NoSuchContainer."""
        container = self._table.get(container_id)
        if container is None:
            raise NoSuchContainer(container_id)
        return container

    def peek(self, container_id: str) -> Container | None:
        return self._table.get(container_id)

    def has(self, container_id: str) -> bool:
        return self._table.get(container_id) is not None

    def find(self, ref: str) -> Container:
        """By id, name (with or without ``/``), name by a link (``receiver/alias``), or unique prefix of the id.

        Raises NoSuchContainer, AmbiguousId.
        """
        if not ref:
            raise InvalidArgument("invalid container name or ID: value is empty")
        name = ref.removeprefix("/")
        found = self._table.get(ref) or self._named(name) or self._linked(name) or find_by_id(ref, self.all())
        if found is None:
            raise NoSuchContainer(ref)
        return found

    @contextmanager
    def reserving(self, name: str, container_id: str) -> Iterator[None]:
        """Keep ``name`` for a container that is about to be stored under it. NameInUse, InvalidArgument."""
        check_container_name(name)
        owner = self._owner(name)
        if owner:
            raise NameInUse(name, owner)
        self._reserved[name] = container_id
        try:
            yield
        finally:
            del self._reserved[name]

    def check_new_name(self, name: str) -> None:
        """Whether a container may be given another name. NameInUse, InvalidArgument, in Docker's words for that."""
        check_container_name(name, renames=True)
        if owner := self._owner(name):
            raise NameInUse(name, owner, renames=True)

    def free(self, name: str) -> bool:
        return not self._owner(name)

    async def put(self, container: Container) -> Container:
        await self._table.put(container)
        return container

    async def delete(self, container_id: str) -> None:
        await self._table.delete(container_id)

    def _named(self, name: str) -> Container | None:
        return next((container for container in self.all() if container.name == name), None)

    def _linked(self, name: str) -> Container | None:
        """The container that another, its receiver, calls by an alias."""
        receiver_name, _, alias = name.partition("/")
        receiver = self._named(receiver_name) if alias else None
        sources = (link.source for link in receiver.links if link.alias == alias) if receiver else ()
        return next((found for source in sources if (found := self._table.get(source))), None)

    def _owner(self, name: str) -> str:
        holder = self._named(name)
        return holder.id if holder else self._reserved.get(name, "")
