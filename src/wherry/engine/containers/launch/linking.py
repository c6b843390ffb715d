"""Links: containers of the default bridge that know others by an alias.

A link is kept in the row of the container that has it, the receiver. All else is derived: the further names of
the other container, the source, what ``HostConfig.Links`` shows, the receiver's variables and its /etc/hosts.
"""

from msgspec.structs import replace

from wherry.engine.concurrency.locks import KeyedLocks
from wherry.engine.containers.catalog import Catalog
from wherry.engine.networks import Networks
from wherry.engine.ports import ContainerFiles
from wherry.errors import InternalError, InvalidArgument, NoSuchContainer
from wherry.model.container import Container, ContainerSpec, Link
from wherry.model.network import Endpoint
from wherry.plan.containers.namespaces import peer
from wherry.plan.networks import links

_HOSTS = "hosts"
Linked = tuple[Link, Container]


class Linking:
    def __init__(self, *, catalog: Catalog, networks: Networks, files: ContainerFiles, locks: KeyedLocks) -> None:
        self._catalog = catalog
        self._networks = networks
        self._files = files
        self._locks = locks

    def resolve(self, spec: ContainerSpec) -> tuple[Link, ...]:
        """The links of a new container; of two with one alias the first counts. InvalidArgument for no container."""
        if not links.applies(spec.host.network):
            return ()
        resolved: dict[str, Link] = {}
        for text in spec.host.links:
            name, alias = links.parse(text)
            source = self._source(name)
            if alias:
                resolved.setdefault(alias, Link(source=source.id, source_name=source.name, alias=alias))
        return tuple(resolved.values())

    def check(self, container: Container) -> None:
        """Raise InternalError if a container cannot start since one that it is linked to does not run."""
        for link in container.links:
            links.check(container, link, self._catalog.peek(link.source))

    def environment(self, container: Container) -> tuple[str, ...]:
        """The variables that tell of linked containers, as far as these run."""
        return tuple(
            entry
            for link, source in self._linked(container)
            if source.state.alive and links.endpoint(container)
            for entry in links.environment(container, link, source)
        )

    def hosts(self, container: Container) -> tuple[tuple[str, str], ...]:
        """Address and names of linked containers, for /etc/hosts."""
        return tuple(
            (address, links.host_names(link, source))
            for link, source in self._linked(container)
            if (end := links.endpoint(source)) and links.endpoint(container)
            for address in filter(None, (end.ipv4, end.ipv6))
        )

    def shown(self, container: Container) -> tuple[str, ...]:
        """What ``HostConfig.Links`` says of a container."""
        names = ((link, self._catalog.peek(link.source)) for link in container.links)
        return tuple(
            links.shown(container, link, source.name if source else link.source_name) for link, source in names
        )

    def names(self) -> dict[str, tuple[str, ...]]:
        """The further names of linked containers, by ID: ``/receiver/alias``."""
        names: dict[str, tuple[str, ...]] = {}
        for receiver in self._catalog.all():
            for link in receiver.links:
                names[link.source] = (*names.get(link.source, ()), links.name_of(receiver, link))
        return names

    async def follow(self, source: Container) -> None:
        """Containers that run and are linked to one that starts learn its address."""
        end = links.endpoint(source)
        for receiver in self._catalog.all() if end else ():
            for link in receiver.links:
                if end and link.source == source.id and receiver.state.alive:
                    await self._tell(receiver, link, end)

    async def remove(self, ref: str) -> None:
        """Take a link away: ``receiver/alias``. NoSuchContainer; InternalError for a container's own name."""
        source = self._catalog.find(ref)
        receiver_name, _, alias = ref.removeprefix("/").partition("/")
        if not alias:
            raise InternalError("Conflict, cannot remove the default link name of the container")
        async with self._locks.hold(self._catalog.find(receiver_name).id):
            receiver = self._catalog.find(receiver_name)
            kept = tuple(link for link in receiver.links if (link.source, link.alias) != (source.id, alias))
            await self._catalog.put(replace(receiver, links=kept))
        await self._networks.follow_links()

    def _source(self, name: str) -> Container:
        """The container that has the network to link to."""
        try:
            source = self._catalog.find(name)
        except NoSuchContainer as error:
            raise InvalidArgument(f"could not get container for {name}: {error}") from None
        if shared := peer(source.spec.host.network):
            return self._source(shared)
        if source.spec.host.network == "host":
            raise InvalidArgument(
                "conflicting options: host type networking can't be used with links. "
                "This would result in undefined behavior"
            )
        return source

    def _linked(self, container: Container) -> tuple[Linked, ...]:
        found = ((link, self._catalog.peek(link.source)) for link in container.links)
        return tuple((link, source) for link, source in found if source)

    async def _tell(self, receiver: Container, link: Link, end: Endpoint) -> None:
        text = changed = await self._files.read(receiver.id, _HOSTS)
        for address in filter(None, (end.ipv4, end.ipv6)):
            changed = links.moved(changed, link.alias, address)
        if changed != text:
            await self._files.write(receiver.id, {_HOSTS: changed})
