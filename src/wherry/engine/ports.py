"""Every way in which the engine touches the world.

The edge packages fill these protocols structurally and hold no policy; ``wiring`` joins them; tests use fakes. Removals
are idempotent: what is already gone is no error. Nothing here blocks the event loop.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from wherry.model.archive import Blob, Member
from wherry.model.build import CacheEntry, Placement, Selected, Selection
from wherry.model.change import PathChange
from wherry.model.container import Container
from wherry.model.device import DeviceNode
from wherry.model.download import Download
from wherry.model.host import Forwarding, HostFacts
from wherry.model.image import Applied, Descriptor, Image, Layer, Tag
from wherry.model.launch import ExecLaunch, Exit, Launch, Launched, RuntimeInfo
from wherry.model.log import LogLine, LogRange
from wherry.model.mount import DeviceMount, HostMount, OverlayMount, View, Viewed
from wherry.model.network import BridgePlan, Interface, LinkedPort, NameServer, Network, PublishedPort
from wherry.model.path_stat import PathStat
from wherry.model.process import ProcessId
from wherry.model.reference import Reference
from wherry.model.registry import Credentials, Found, RegistrySettings, Resolved
from wherry.model.usage import Traffic, Usage
from wherry.model.volume import Volume

R = TypeVar("R")


# --- time and chance -------------------------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> int:
        """Nanoseconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Chance(Protocol):
    def new_id(self) -> str:
        """64 hexadecimal digits, whose first 12 are not all decimal (a short id must not read as a number)."""
        ...

    def new_name(self, attempt: int) -> str:
        """An adjective and a name; from attempt 1 on with a digit behind, so that tries end."""
        ...

    def shuffled(self, items: Iterable[str]) -> list[str]:
        """In an order of chance."""
        ...


# --- records ---------------------------------------------------------------------------------------------------------


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
    def cache(self) -> Table[CacheEntry]: ...

    async def commit(
        self,
        *,
        put: Iterable[CacheEntry | Container | Image | Tag | Layer | Network | Volume] = (),
        delete: Iterable[CacheEntry | Container | Image | Tag | Layer | Network | Volume] = (),
    ) -> None:
        """Several changes in one transaction: all or none."""
        ...


# --- content and snapshots -------------------------------------------------------------------------------------------


class Content(Protocol):
    """Blobs named by digest (``sha256:<hex>``), verified on the way in."""

    def path(self, digest: str) -> Path: ...

    def has(self, digest: str) -> bool: ...

    def size(self, digest: str) -> int:
        """Bytes of a blob. NotFound if it is not here."""
        ...

    async def read(self, digest: str) -> bytes:
        """A small blob whole. NotFound if it is not here."""
        ...

    async def put(self, data: bytes) -> str:
        """Store bytes; gives their digest."""
        ...

    async def ingest(self, chunks: AsyncIterator[bytes], digest: str, size: int) -> None:
        """Store a stream under ``digest``: hashed while written, synced by rename. DigestMismatch leaves nothing."""
        ...

    async def absorb(self, chunks: AsyncIterator[bytes]) -> Blob:
        """Store a stream under the digest that it turns out to have."""
        ...

    def chunks(self, digest: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a blob. NotFound. To be closed."""
        ...

    async def delete(self, digest: str) -> None: ...

    def digests(self) -> tuple[str, ...]: ...

    async def sweep(self) -> None:
        """Remove half-written blobs of an earlier life."""
        ...


class ImageArchives(Protocol):
    """Archives of images: tar files that hold blobs under names."""

    async def unpack(self, chunks: AsyncIterator[bytes]) -> dict[str, Member]:
        """The members by path, of a plain or compressed archive. Their bytes are blobs by then, and stay if this is
        ended early. CorruptImage for what is no such archive."""
        ...


class Layers(Protocol):
    """Changesets: tar → directory and directory → tar, in a confined child process."""

    async def apply(self, source: AsyncIterator[bytes], into: Path, parents: tuple[Path, ...] = ()) -> Applied: ...

    async def apply_file(self, blob: Path, into: Path, parents: tuple[Path, ...] = ()) -> Applied: ...

    def diff(self, upper: Path) -> AsyncGenerator[bytes, None]: ...

    def gzip(self, source: Path, diff_id: str) -> AsyncGenerator[bytes, None]:
        """A layer's directory or blob as gzip, the same layer always as the same bytes. To be closed. CorruptLayer if
        its diff ID is not this one."""
        ...

    def pack(self, tree: Path) -> AsyncIterator[bytes]: ...

    def pack_merged(self, trees: tuple[Path, ...]) -> AsyncGenerator[bytes, None]:
        """What an overlay of these directories, the uppermost first, shows, as plain tar. To be closed."""
        ...

    async def changes(self, upper: Path, lowers: tuple[Path, ...]) -> tuple[PathChange, ...]:
        """What ``upper`` changes in the layers below, the uppermost first, sorted by path."""
        ...


class BuildFiles(Protocol):
    """What builds do with files, by confined processes. Names of a context or an image lead nowhere else."""

    async def begin(self) -> Path:
        """A new empty folder. Nothing of it outlives the engine."""
        ...

    async def remove(self, folder: Path) -> None: ...

    async def unpack(self, chunks: AsyncIterator[bytes], into: Path) -> None:
        """An archive, compressed or plain, to a directory; closes ``chunks``. InvalidArgument for what is none."""
        ...

    async def leave_out(self, context: Path, names: tuple[str, ...]) -> None:
        """Remove those of the files ``names`` that the .dockerignore of a context leaves out.

        InvalidArgument for a malformed pattern in it.
        """
        ...

    async def select(self, selections: tuple[Selection, ...]) -> Selected:
        """What there is of them. InvalidArgument for a malformed pattern."""
        ...

    async def place(self, placement: Placement, into: Path, lowers: tuple[Path, ...]) -> Applied:
        """Copy what there is to the empty layer directory ``into``, which stands on ``lowers``, the uppermost first.

        InvalidArgument where a file is in the way, CorruptLayer for a broken archive.
        """
        ...

    async def make_directory(self, path: str, into: Path, lowers: tuple[Path, ...]) -> Applied:
        """A layer with a directory, if ``lowers`` have none there. InvalidArgument where a file is in the way."""
        ...

    async def squash(self, layers: tuple[Path, ...], into: Path, lowers: tuple[Path, ...]) -> Applied:
        """Make one layer of several: what they change together in ``lowers``; the uppermost first each."""
        ...

    async def write(self, folder: Path, name: str, content: str, mode: int) -> None:
        """A new file in a folder."""
        ...

    async def receive(self, folder: Path, name: str, file: Download) -> str:
        """A file of the web to a folder, for nobody but its owner to read; gives its digest. To its end."""
        ...

    async def clear_stubs(self, upper: Path, lowers: tuple[Path, ...], targets: tuple[str, ...]) -> None:
        """Take away what was made in an overlay's upper directory for something to be mounted onto."""
        ...

    async def identify(self, upper: Path) -> Applied:
        """What an overlay's upper directory is as a layer."""
        ...

    async def read_text(self, trees: tuple[Path, ...], path: str) -> str:
        """A small text file of a stack of trees, the uppermost first; "" if it is not there."""
        ...


class CacheFolders(Protocol):
    """Directories that outlive builds, to be mounted in them: those that have a row."""

    def path(self, name: str) -> Path: ...

    async def create(self, name: str) -> Path:
        """An empty directory, whatever was there."""
        ...

    async def dress(self, name: str, mode: int, owner: tuple[int, int]) -> None:
        """Give a directory its mode and owner."""
        ...

    async def remove(self, name: str) -> None: ...

    async def size(self, name: str) -> int:
        """Bytes of a directory's files, 0 if it is not there."""
        ...

    def names(self) -> tuple[str, ...]:
        """All directories that exist, for the sweep."""
        ...


class Snapshots(Protocol):
    """Layer directories below ``overlay2``: committed ones have a Layer row, active ones belong to a container."""

    async def begin(self) -> str:
        """A new empty directory for a layer; gives its name (``Layer.directory``). It is swept if no row follows."""
        ...

    def tree(self, directory: str) -> Path:
        """Where the files of a layer directory are (its ``diff``)."""
        ...

    @property
    def mount_points(self) -> Path:
        """The tree that lies below all layers of every mount: empty files and directories to mount onto."""
        ...

    async def prepare(self, key: str, volatile: bool = False) -> None:
        """Make the upper and work directories of active snapshot ``key``; idempotent."""
        ...

    def overlay(self, key: str, lowers: tuple[str, ...], volatile: bool = False) -> OverlayMount:
        """The mount of active snapshot ``key`` over layer directories ``lowers``, top first, and the mount points."""
        ...

    async def commit(self, key: str) -> str:
        """Make active snapshot ``key``, which is not mounted, the directory of a layer; gives its name. It is swept if
        no row follows."""
        ...

    async def persist(self) -> None:
        """Return when all files of layers that are complete would survive a power failure. InternalError."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a layer directory or an active snapshot; renamed away first, so that no half one is ever seen."""
        ...

    async def usage(self, key: str) -> int:
        """Bytes of files in the upper directory of active snapshot ``key``."""
        ...

    def names(self) -> tuple[str, ...]:
        """All directories that exist, for the sweep."""
        ...


class ContainerFiles(Protocol):
    """The folder ``<data-root>/containers/<id>``: hosts, hostname, resolv.conf and the log."""

    def folder(self, container_id: str) -> Path: ...

    def log(self, container_id: str) -> Path: ...

    async def write(self, container_id: str, files: dict[str, str]) -> None:
        """Write small files in place (they are bind-mounted by inode), making the folder if it is not there."""
        ...

    async def read(self, container_id: str, name: str) -> str:
        """A file's text, "" if it is not there."""
        ...

    async def remove(self, container_id: str) -> None: ...

    def ids(self) -> tuple[str, ...]: ...


class LogReaders(Protocol):
    """A container's log by the path of its file, wherever it is: readable while it is written, and later."""

    def lines(self, path: Path, which: LogRange) -> AsyncIterator[list[LogLine]]:
        """Batches of lines, in order, up to the file's present end."""
        ...

    def frames(self, path: Path, which: LogRange) -> AsyncIterator[bytes]:
        """The same without times, as multiplexed frames in bulk: the fast way for ``logs`` without ``-t``."""
        ...

    def follow(self, path: Path, which: LogRange, ended: Awaitable[object]) -> AsyncIterator[list[LogLine]]:
        """``lines``, then what is written later, until ``ended`` is done and the file is read to its end."""
        ...


class Logs(LogReaders, Protocol):
    """Log files, with what of them was put aside."""

    async def outgrown(self, path: Path, size: int) -> None:
        """Wait until the file that is written has more than ``size`` bytes."""
        ...

    async def rotate(self, path: Path, kept: int) -> None:
        """Put the file that is written aside, and remove the oldest of those put aside but ``kept``."""
        ...

    async def begun(self, path: Path, otherwise: Callable[[], Awaitable[None]]) -> None:
        """See that there is a file that is written: do ``otherwise`` if not, and wait for it."""
        ...

    async def pack(self, path: Path) -> None:
        """Compress the files that were put aside."""
        ...


class VolumeFiles(Protocol):
    """``<data-root>/volumes/<name>/_data``."""

    def path(self, name: str) -> Path: ...

    async def create(self, name: str) -> None: ...

    async def is_empty(self, name: str) -> bool: ...

    async def copy_up(self, source: Path, name: str) -> None:
        """Fill an empty volume with what ``source`` (a directory of the mounted root) holds: owners, modes, xattrs."""
        ...

    async def remove(self, name: str) -> None: ...

    async def usage(self, name: str) -> int:
        """Bytes of a volume's files, 0 if it is not there."""
        ...

    async def is_there(self, path: str, *, create: bool = False) -> bool:
        """Whether a path of the host exists, after ``create`` has made a directory of one that did not."""
        ...

    async def mount_around(self, path: str) -> HostMount:
        """The mount that a path of the host lies in."""
        ...

    async def restrictions(self, path: str) -> tuple[str, ...]:
        """Options of the mount that a path of the host lies in, which are its binds' too: ro, nosuid, nodev, noexec."""
        ...


class Trees(Protocol):
    """Files of a view: no link leads out of it, whoever swaps it meanwhile."""

    async def stat(self, viewed: Viewed, path: str) -> PathStat | None:
        """What is at ``path``, a link at its end not followed; None if nothing is."""
        ...

    async def resolve(self, viewed: Viewed, path: str) -> str | None:
        """The path without links of the directory that ``path`` leads to; None if nothing is there. InvalidArgument
        for anything but a directory."""
        ...

    def pack(self, viewed: Viewed, path: str) -> AsyncGenerator[bytes, None]:
        """A file, or a directory and all in it, as tar. To be closed."""
        ...

    async def unpack(
        self, viewed: Viewed, directory: str, chunks: AsyncIterator[bytes], *, owner: tuple[int, int] | None, keep: bool
    ) -> None:
        """An archive into a directory, for ``owner`` or for whom it says; ``keep``: no directory takes a file's place,
        nor the other way round. InvalidArgument for what is none."""
        ...


# --- host ------------------------------------------------------------------------------------------------------------


class Mounts(Protocol):
    async def overlay(self, mount: OverlayMount) -> None: ...

    async def device(self, mount: DeviceMount) -> None:
        """Mount what mount(8) could. InternalError, with what the kernel said."""
        ...

    async def unmount(self, target: str) -> None: ...

    def view(self, view: View) -> AbstractAsyncContextManager[Viewed]:
        """The view mounted where it is in nobody's way, while the block runs."""
        ...

    def part(self, source: str, subpath: str, target: str, *, recursive: bool) -> None:
        """Make ``target`` what is at ``subpath`` of a directory, "" for itself, if not ``recursive`` without the mounts
        below. InternalError if nothing is there, or it leads out."""
        ...

    def remove_part(self, target: str) -> None: ...

    def shared_memory(self, target: str, size: int) -> None:
        """Make ``target`` a directory in memory, of at most ``size`` bytes, for several containers' /dev/shm."""
        ...

    def remove_shared_memory(self, target: str) -> None: ...

    def targets(self) -> tuple[str, ...]:
        """All mount points of the host, for the sweep."""
        ...


class Networking(Protocol):
    """Network namespaces, bridges, the firewall table and host ports."""

    async def ensure_bridge(self, plan: BridgePlan) -> None: ...

    async def remove_bridge(self, name: str) -> None: ...

    def bridges(self) -> Mapping[str, tuple[str, ...]]:
        """The host's bridges: names, and IPv4 addresses in CIDR form."""
        ...

    def routes(self) -> tuple[str, ...]:
        """Destinations of the host's routes in CIDR form, to choose free subnets."""
        ...

    async def create_namespace(self, path: str, interfaces: tuple[Interface, ...]) -> None:
        """Pin a new network namespace at ``path``, with lo up and the interfaces made, addressed, up and routed.

        An interface without an IPv6 address has no IPv6 at all. A failure leaves nothing.
        """
        ...

    async def connect(self, path: str, interface: Interface) -> None:
        """Add an interface to a namespace; its gateways become the default routes."""
        ...

    async def disconnect(self, path: str, name: str) -> None:
        """Remove the interface called ``name`` in a namespace."""
        ...

    async def traffic(self, path: str) -> dict[str, Traffic]:
        """Counters of a namespace's interfaces by name. FileNotFoundError if there is no such namespace."""
        ...

    async def route(self, path: str, name: str, gateways: tuple[str, ...], *, instead: bool) -> None:
        """Default routes by ``gateways`` through the interface ``name``: ``instead`` of those that a namespace has, or
        where it has none."""
        ...

    def interfaces(self) -> dict[str, str]:
        """Names of the host's ends of interfaces, and of the bridge each is in, "" if in none."""
        ...

    def lacks(self, bridges: Collection[str]) -> bool:
        """Whether one of these bridges is missing, or the firewall's table."""
        ...

    async def attach(self, host_name: str, bridge: str) -> None:
        """Put the host's end of an interface into a bridge. One that is gone meanwhile is none to attach."""
        ...

    async def remove_interface(self, host_name: str) -> None:
        """Remove an interface by its host's end; idempotent."""
        ...

    async def remove_namespace(self, path: str, host_interfaces: tuple[str, ...] = ()) -> None:
        """Unpin a namespace. Nothing passes ``host_interfaces``, the host's ends of its interfaces, from now on: the
        namespace itself lives as long as a process is in it."""
        ...

    def namespaces(self) -> tuple[str, ...]:
        """Paths of all pinned namespaces, for the sweep."""
        ...

    async def apply_firewall(
        self, networks: tuple[Network, ...], ports: tuple[PublishedPort, ...] | None, links: tuple[LinkedPort, ...] = ()
    ) -> None:
        """Replace all rules at once. With ``ports`` these and no others are published from now on, even where another
        process has one; None leaves what is published as it is."""
        ...

    def ephemeral_ports(self) -> range:
        """The ports that the host gives to who asks for any."""
        ...

    def relays_ipv6(self) -> bool:
        """Whether what comes to the host's IPv6 addresses is brought to containers without IPv6 too."""
        ...

    def refuses(self, protocol: str, address: str, port: int) -> bool:
        """Whether the host would not give a port: another process has it, or the address is not the host's."""
        ...

    async def publish(self, ports: tuple[PublishedPort, ...]) -> None:
        """Take the host ports and map them. HostPortRefused if one cannot be had: nothing is published then."""
        ...

    async def withdraw(self, ports: tuple[PublishedPort, ...]) -> None: ...


Respond = Callable[[bytes, bool], bytes | Awaitable[bytes | None] | None]
"""What to answer to a DNS message, which came in a stream or not: at once, after a while, or nothing."""


class NameServers(Protocol):
    """DNS for the processes of network namespaces: messages in and out, whatever they say."""

    async def serve(self, path: str, respond: Respond) -> None:
        """Answer what is asked at 127.0.0.11 in a namespace, until it is stopped; an engine that has ended may have
        done so before. The namespace's port 53 stays free for its processes."""
        ...

    async def stop(self, path: str) -> None:
        """Idempotent."""
        ...

    async def exchange(
        self,
        path: str,
        server: NameServer,
        message: bytes,
        *,
        streamed: bool,
        accepts: Callable[[bytes], bool],
        seconds: float,
    ) -> bytes | None:
        """Ask a server from a namespace, or from the host: its first answer that ``accepts``, None if it gives none in
        ``seconds``."""
        ...


class Host(Protocol):
    def facts(self) -> HostFacts: ...

    def forwarding(self) -> Forwarding: ...

    def alive(self, process: ProcessId) -> bool: ...

    async def signal(self, process: ProcessId, signal: int) -> bool:
        """Send a signal, race-free; False if the process is gone."""
        ...

    async def exited(self, process: ProcessId) -> None:
        """Wait until a process, not necessarily a child, has ended."""
        ...

    async def processes(
        self, container: Container, ps_args: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Titles and rows of ps(1) for the processes of a container's cgroup."""
        ...

    async def usage(self, container: Container) -> Usage:
        """What a container's control group has used. FileNotFoundError if there is none."""
        ...

    def cpu_time(self) -> int:
        """What all processors together have done since boot, idling too: nanoseconds."""
        ...

    def resolv_conf(self) -> str:
        """The host's /etc/resolv.conf, or the real one where a local stub resolver stands in it."""
        ...


class RootFiles(Protocol):
    """Files below a container's root, whose links may be hostile: nothing outside is ever reached."""

    async def read_text(self, root: str, path: str) -> str:
        """A small text file, "" if it is not there."""
        ...

    async def make_directory(self, root: str, path: str, uid: int, gid: int) -> None:
        """A directory and its parents, where they are missing."""
        ...


class DeviceNodes(Protocol):
    def find(self, path: str) -> tuple[DeviceNode, ...]:
        """A device node of the host, or all below a directory. InvalidArgument if there is none."""
        ...

    def all(self) -> tuple[DeviceNode, ...]:
        """All device nodes of the host, for privileged containers."""
        ...

    def init_path(self) -> str:
        """The host's small init (docker-init, tini, catatonit), "" if it has none."""
        ...


# --- runtime ---------------------------------------------------------------------------------------------------------


class Console(Protocol):
    """The standard streams of a container or of an exec session, joined once by the hub."""

    async def read(self) -> tuple[int, bytes]:
        """(1 stdout or 2 stderr, bytes); (0, b"") at the end. Not reading holds the writer up."""
        ...

    async def write(self, data: bytes) -> None:
        """To stdin; waits while the reader is slow."""
        ...

    async def close_stdin(self) -> None: ...

    async def resize(self, height: int, width: int) -> None: ...

    def close(self) -> None: ...


class ExecSession(Protocol):
    @property
    def process(self) -> ProcessId | None:
        """The command's process on the host, None before it has one and after it ended."""
        ...

    @property
    def console(self) -> Console: ...

    async def wait(self) -> int:
        """Exit code; 128 + n if signal n ended it. Raises what ``Runtime.create`` raises if it could not run."""
        ...


class Runtime(Protocol):
    """The OCI runtimes behind their monitor. Raises CommandNotFound, CommandNotInvokable, RuntimeFailure."""

    def available(self) -> tuple[RuntimeInfo, ...]: ...

    async def configure(self, runtimes: Mapping[str, str], default: str) -> None:
        """Other runtimes (paths by name) besides the builtin ones, and another default, from now on. InvalidArgument,
        NotSupported; nothing changes then."""
        ...

    def check(self, name: str) -> str:
        """The name of a runtime that can be used ("" means the default). InvalidArgument, NotSupported."""
        ...

    async def create(self, launch: Launch) -> Launched:
        """Bundle, monitor, runtime create: the process waits, its console can be joined. A failure leaves nothing."""
        ...

    async def start(self, container_id: str, runtime: str) -> None: ...

    async def join(self, container_id: str) -> Console:
        """Join the monitor's streams: before ``start``, so that nothing is missed."""
        ...

    async def resize(self, container_id: str, height: int, width: int) -> None: ...

    async def reopen_log(self, container_id: str) -> None:
        """Have the monitor go on in a new log file of the old name. One that has gone does nothing."""
        ...

    async def exited(self, container_id: str, launched: Launched) -> Exit | None:
        """Wait for the end. None if the monitor vanished and left no code (its process is gone too then)."""
        ...

    def recorded_exit(self, container_id: str) -> Exit | None:
        """The code that a monitor left, without waiting."""
        ...

    def process(self, container_id: str) -> ProcessId | None:
        """The init that the monitor noted, if it lives: known even where ``create`` was never answered."""
        ...

    def monitor(self, container_id: str) -> ProcessId | None:
        """The monitor of a container by its own note, if it lives."""
        ...

    def started(self, container_id: str, runtime: str) -> bool:
        """Whether ``start`` took place: the created process was let go."""
        ...

    async def delete(self, container_id: str, runtime: str) -> None:
        """Kill what is left, remove cgroup, runtime state and bundle; idempotent. The recorded exit stays."""
        ...

    async def forget(self, container_id: str) -> None:
        """Remove the recorded exit: who asks for it has it elsewhere now. Idempotent."""
        ...

    async def exec(self, launch: ExecLaunch) -> ExecSession: ...

    async def pause(self, container_id: str, runtime: str) -> None: ...

    async def resume(self, container_id: str, runtime: str) -> None: ...

    async def update(self, container_id: str, runtime: str, limits: bytes) -> None:
        """Change the limits of a container that runs: a ``linux.resources`` section, encoded."""
        ...

    def ids(self) -> tuple[str, ...]:
        """Containers that have a bundle, runtime state or a recorded exit, for the sweep."""
        ...


# --- registry --------------------------------------------------------------------------------------------------------


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
