"""The start of a container: facts → plan → acts."""

from typing import Any

from msgspec.structs import replace

from wherry.engine.containers.catalog import Catalog
from wherry.engine.containers.launch.etc_files import EtcFiles
from wherry.engine.containers.launch.linking import Linking
from wherry.engine.containers.launch.rootfs import Roots
from wherry.engine.containers.launch.sandboxes import Sandboxes
from wherry.engine.containers.output.hubs import Hubs
from wherry.engine.ports import ContainerFiles, Host, Runtime
from wherry.engine.volumes.use import VolumeUse
from wherry.errors import Conflict, InternalError, InvalidArgument, WherryError
from wherry.model.container import Container
from wherry.model.launch import Launch, Launched
from wherry.model.remapping import Remapping
from wherry.model.resources import Ulimit
from wherry.plan.containers import namespaces
from wherry.plan.logs import limits as log_limits
from wherry.plan.logs import options as log_options
from wherry.plan.logs.details import log_details, log_tag
from wherry.plan.networks import endpoints
from wherry.plan.oci import runtime_spec
from wherry.plan.oci.seccomp import Seccomp
from wherry.plan.oci.spec_request import SpecRequest
from wherry.plan.remapping import remapping_of


class Launcher:
    """Makes a stored container run."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        linking: Linking,
        roots: Roots,
        sandboxes: Sandboxes,
        volumes: VolumeUse,
        files: ContainerFiles,
        etc_files: EtcFiles,
        runtime: Runtime,
        host: Host,
        hubs: Hubs,
        seccomp: Seccomp,
        remapped: Remapping | None,
        default_ulimits: tuple[Ulimit, ...],
    ) -> None:
        self._catalog = catalog
        self._linking = linking
        self._roots = roots
        self._sandboxes = sandboxes
        self._volumes = volumes
        self._files = files
        self._etc_files = etc_files
        self._runtime = runtime
        self._host = host
        self._hubs = hubs
        self._seccomp = seccomp
        self._remapped = remapped
        self._default_ulimits = default_ulimits

    def plan(self, container: Container) -> Container:
        """The container with its names, endpoints and who its users are: what its row must tell before anything is
        made."""
        self._linking.check(container)
        container = replace(container, remapping=remapping_of(container.spec.host, self._remapped))
        owner = self._files_owner(container)
        if owner is not container:
            spec = replace(container.spec, hostname=owner.spec.hostname, domainname=owner.spec.domainname)
            container = replace(container, spec=spec)
        return endpoints.placed(container, self._sandboxes.plan(container))

    async def launch(self, container: Container) -> Launched:
        """Start a container that was planned. Whatever goes wrong, ``Teardown.everything`` undoes it."""
        log_options.check_host(container.spec.host.log, self._host.facts())
        log_details(container)  # raises what its options deserve
        launch = self._launch(container)
        self._runtime.prepare(launch)
        root = await self._roots.mount(container)
        await self._sandboxes.open(container, self._user_namespace(container))
        mounted = await self._volumes.acquire(container)
        await self._write_files(container)
        spec = await self._runtime_spec(mounted, root)
        launched = await self._runtime.create(launch, spec, self._seccomp.encoded(container, self._host.facts()))
        await self._hubs.started(container.id)
        await self._runtime.start(container.id, container.runtime)
        return launched

    async def _write_files(self, container: Container) -> None:
        if self._files_owner(container) is not container:
            return
        await self._etc_files.write(container, self._linking.hosts(container))
        await self._linking.follow(container)

    async def _runtime_spec(self, container: Container, root: str) -> dict[str, Any]:
        spec = container.spec
        identity = await self._roots.identity(root, spec.user, spec.host.group_add)
        await self._roots.make_working_dir(container, root)
        await self._roots.check_mounts(container, root)
        folder = self._files.folder(self._files_owner(container).id)
        request = SpecRequest(
            container=container,
            rootfs=root,
            identity=identity,
            network_namespace=self._network_namespace(container),
            joined=self._joined(container),
            user_namespace=self._user_namespace(container),
            shm=self._shared_memory(container),
            hosts=str(folder / "hosts"),
            hostname=str(folder / "hostname"),
            resolv_conf=str(folder / "resolv.conf"),
            facts=self._host.facts(),
            devices=await self._roots.devices(spec.host),
            default_ulimits=self._default_ulimits,
            linked_env=self._linking.environment(container),
            init_path=self._roots.init_path() if spec.host.init else "",
        )
        return runtime_spec.build(request)

    def _launch(self, container: Container) -> Launch:
        spec = container.spec
        limits = log_limits.limits(spec.host.log)
        return Launch(
            container_id=container.id,
            name=container.name,
            runtime=container.runtime,
            command=container.argv[0],
            log=self._files.log(container.id),
            log_driver=spec.host.log.driver,
            log_tag=log_tag(container) if spec.host.log.driver == "journald" else "",
            log_size=limits.size if limits and limits.files == 1 else 0,
            tty=spec.tty,
            open_stdin=spec.open_stdin,
            keep_stdin_open=spec.open_stdin and not spec.stdin_once,
            remapped=container.remapping is not None,
        )

    def _files_owner(self, container: Container) -> Container:
        """Whose names, hosts and resolv.conf it has: those of the container whose network it shares."""
        peer = namespaces.peer(container.spec.host.network)
        return self._files_owner(self._catalog.find(peer)) if peer else container

    def _network_namespace(self, container: Container) -> str:
        """Path of the network namespace to join, "" for the host's."""
        peer = namespaces.peer(container.spec.host.network)
        if peer:
            return self._network_namespace(self._running_peer(peer, "network"))
        return self._sandboxes.path(container.id) if namespaces.owns_network(container.spec.host) else ""

    def _user_namespace(self, container: Container) -> str:
        """Path of the user namespace that it has, "" for the host's. Who shares another's namespaces is in the one that
        they belong to."""
        if container.remapping is None:
            return ""
        host = container.spec.host
        shared = {"network": host.network, "IPC": host.ipc, "PID": host.pid}
        peers = [self._running_peer(peer, what) for what, mode in shared.items() if (peer := namespaces.peer(mode))]
        if unmapped := [peer for peer in peers if peer.remapping is None]:
            raise InvalidArgument(
                f"cannot share namespaces of container {unmapped[0].id}: it is in the host's user namespace"
            )
        return _namespace(peers[0], "user") if peers else self._sandboxes.user_namespace(container.id)

    def _joined(self, container: Container) -> dict[str, str]:
        """Namespaces of other containers to join: kind → path."""
        host = container.spec.host
        shared = {"pid": namespaces.peer(host.pid), "ipc": namespaces.peer(host.ipc)}
        return {kind: _namespace(self._running_peer(peer, kind.upper()), kind) for kind, peer in shared.items() if peer}

    def _shared_memory(self, container: Container) -> str:
        """The host's directory for its /dev/shm: what it shares, or joins. "" for one of its own."""
        host = container.spec.host
        if host.ipc == "host":
            return "/dev/shm"
        if not namespaces.peer(host.ipc):
            return self._sandboxes.shared_memory(container.id) if namespaces.shares_ipc(host) else ""
        peer = self._running_peer(namespaces.peer(host.ipc), "IPC")
        shared = self._shared_memory(peer)
        if not shared:
            raise InvalidArgument(
                f"failed to join IPC namespace: container {peer.id}: non-shareable IPC "
                "(hint: use IpcMode:shareable for the donor container)"
            )
        return shared

    def _running_peer(self, ref: str, what: str) -> Container:
        peer = self._catalog.find(ref)
        if not peer.state.alive:
            raise _not_running(what, peer.id)
        return peer


def _namespace(peer: Container, kind: str) -> str:
    """Path of a namespace of a container that runs."""
    if peer.state.process is None:
        raise _not_running(kind.upper(), peer.id)
    return f"/proc/{peer.state.process.pid}/ns/{kind}"


def _not_running(what: str, peer: str) -> WherryError:
    """As dockerd has it, whose classes differ."""
    if what == "network":
        return Conflict(f"cannot join network of a non running container: {peer}")
    text = f"failed to join {what} namespace: container {peer} is not running"
    return InternalError(text) if what == "PID" else Conflict(text)
