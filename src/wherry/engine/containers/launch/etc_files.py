"""hosts, hostname and resolv.conf of containers."""

from wherry.engine.networks import Networks
from wherry.engine.ports import ContainerFiles, Host
from wherry.model.container import Container, ContainerDefaults
from wherry.plan.names import etc_hosts, resolv_conf


class EtcFiles:
    """Written in place: a container that runs has them mounted."""

    def __init__(
        self,
        *,
        files: ContainerFiles,
        host: Host,
        networks: Networks,
        defaults: ContainerDefaults,
    ) -> None:
        self._files = files
        self._host = host
        self._networks = networks
        self._defaults = defaults

    async def write(self, container: Container, linked: tuple[tuple[str, str], ...]) -> None:
        """All of them, for a start; ``linked``: address and names of containers it is linked to."""
        files = {
            "hosts": self._hosts(container, linked),
            "hostname": etc_hosts.hostname(container.spec),
            "resolv.conf": self._resolv_conf(container),
        }
        await self._files.write(container.id, files)

    async def change(self, before: Container, after: Container) -> None:
        """Tell a container that runs of other networks. What people wrote into its files stays."""
        hosts = await self._files.read(after.id, "hosts")
        files = {"hosts": etc_hosts.changed_hosts(hosts, before, after)}
        if await self._files.read(after.id, "resolv.conf") == self._resolv_conf(before):
            files["resolv.conf"] = self._resolv_conf(after)
        await self._files.write(after.id, files)

    def _hosts(self, container: Container, linked: tuple[tuple[str, str], ...]) -> str:
        if etc_hosts.has_hosts_of_host(container.spec):
            return self._host.hosts()
        return etc_hosts.hosts(container.spec, self._networks.host_gateway(), container.endpoints, linked)

    def _resolv_conf(self, container: Container) -> str:
        spec = resolv_conf.resolving(container.spec, self._defaults)
        has_names = any(endpoint.names for endpoint in container.endpoints)
        return resolv_conf.resolv_conf(spec, self._host.resolv_conf(), has_name_service=has_names)
