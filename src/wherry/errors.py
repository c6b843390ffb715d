"""The tree of errors.

    WherryError
    ├── InvalidArgument     400   what was asked makes no sense
    ├── Unauthorized        401   a server refused the credentials
    │   └── AccessRefused   500   a registry did, while an image moved
    ├── Forbidden           403   it makes sense and is not allowed
    ├── NotFound            404   NoSuchContainer, NoSuchImage, NoSuchExec, NoSuchNetwork, NoSuchVolume, …
    ├── Conflict            409   the world is not in the state it needs: NameInUse, NotRunning, …
    ├── Unavailable         503   try again later
    ├── NotSupported        501   this host or engine cannot do it
    └── InternalError       500   ours, the kernel's or the runtime's fault

The class carries the HTTP status; the instance carries facts as fields and the text that Docker's clients
read: the docker CLI finds exit status 126 and 127 by words in it, docker-py finds a missing image by
"No such image".
"""

from typing import ClassVar


class WherryError(Exception):
    """Root of all errors that a caller may be told about. ``str(error)`` is the text for people."""

    status: ClassVar[int] = 500


class InvalidArgument(WherryError):
    status = 400


class DockerfileError(InvalidArgument):
    """Text that is no Dockerfile. ``line``, counted from 1, is where the instruction begins; ``text`` is the whole
    file, where there is one."""

    def __init__(self, line: int, reason: str, text: str = "") -> None:
        super().__init__(f"dockerfile parse error on line {line}: {reason}")
        self.line, self.reason, self.text = line, reason, text


class Unauthorized(WherryError):
    status = 401


class AccessRefused(Unauthorized):
    """A registry refused what was to be done, or it wants credentials and there are none.

    Docker answers with this status as well: on 401 its command line would ask for a password in the midst of a pull.
    """

    status = 500


class Forbidden(WherryError):
    status = 403


class NotFound(WherryError):
    status = 404


class Conflict(WherryError):
    status = 409


class InternalError(WherryError):
    status = 500


class PluginUnreachable(InternalError):
    """A plugin was asked and gave no answer: what it did of it is not known."""


class PluginDisabled(PluginUnreachable):
    """A managed plugin that does not run."""

    status = 409

    @classmethod
    def called(cls, name: str) -> "PluginDisabled":
        return cls(f"plugin {name} found but disabled")


class NotSupported(WherryError):
    status = 501


class Unavailable(WherryError):
    status = 503


class NoSuchContainer(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such container: {ref}")
        self.ref = ref


class NoSuchImage(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such image: {ref}")
        self.ref = ref


class NoSuchExec(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such exec instance: {ref}")
        self.ref = ref


class NoSuchNetwork(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"network {ref} not found")
        self.ref = ref


class NoSuchVolume(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__(f"get {name}: no such volume")
        self.name = name


class NoSuchManifest(NotFound):
    """A registry does not have the manifest (or hides the repository)."""


class AmbiguousId(InvalidArgument):
    def __init__(self, prefix: str) -> None:
        super().__init__(f"multiple IDs found with provided prefix: {prefix}")
        self.prefix = prefix


class InvalidReference(InvalidArgument):
    """Text that is no image reference."""


class InvalidMount(InvalidArgument):
    """A mount of ``kind`` (bind, volume, tmpfs) that makes no sense."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f'invalid mount config for type "{kind}": {reason}')


class NameInUse(Conflict):
    def __init__(self, name: str, owner: str, *, renames: bool = False) -> None:
        before = "Error when allocating new name: " if renames else ""
        super().__init__(
            f'{before}Conflict. The container name "/{name}" is already in use by container "{owner}". '
            "You have to remove (or rename) that container to be able to reuse that name."
        )
        self.name, self.owner = name, owner


class NotRunning(Conflict):
    def __init__(self, container_id: str) -> None:
        super().__init__(f"container {container_id} is not running")
        self.container_id = container_id


class ContainerPaused(Conflict):
    """``ref``: the container as the caller named it."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Container {ref} is paused, unpause the container before exec")
        self.ref = ref


class ContainerRestarting(Conflict):
    def __init__(self, container_id: str) -> None:
        super().__init__(f"Container {container_id} is restarting, wait until the container is running")
        self.container_id = container_id


class PortInUse(InternalError):
    """Another container has a host port."""

    def __init__(self, address: str, port: int, protocol: str) -> None:
        super().__init__(f"Bind for {address}:{port} failed: port is already allocated")
        self.address, self.port, self.protocol = address, port, protocol


class HostPortRefused(InternalError):
    """The host does not give a port: another process has it, or the address is not the host's."""

    def __init__(self, address: str, port: int, protocol: str, reason: str) -> None:
        super().__init__(f"Error starting userland proxy: listen {_listened(protocol, address)}:{port}: bind: {reason}")
        self.address, self.port, self.protocol = address, port, protocol


def _listened(protocol: str, address: str) -> str:
    return f"{protocol}6 [{address}]" if ":" in address else f"{protocol}4 {address}"


class CommandNotFound(InvalidArgument):
    """The runtime did not find the container's command: clients exit with 127."""


class CommandNotInvokable(InvalidArgument):
    """The runtime may not execute the container's command: clients exit with 126."""


class RuntimeFailure(InternalError):
    """The OCI runtime or its monitor failed; the text is the runtime's."""


class CorruptLayer(InternalError):
    """A layer that is not what its digest says, or is no tar archive, or tries to write outside its root."""


class CorruptImage(InvalidArgument):
    """An image archive or manifest that cannot be understood."""


class NoSpace(InternalError):
    """The disk is full, or what one may have of it."""


class DigestMismatch(InternalError):
    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"filesystem layer verification failed for digest {expected}: got {actual}")
        self.expected, self.actual = expected, actual


class SourceMissing(InvalidArgument):
    """What a COPY or ADD (``verb``) is to copy is not there; ``sent``: among what the client sent."""

    def __init__(self, verb: str, path: str, *, sent: bool) -> None:
        reason = f"stat {path}: file does not exist"
        if sent:
            reason = f"file not found in build context or excluded by .dockerignore: {reason}"
        super().__init__(f"{verb} failed: {reason}")
        self.path = path


class BuildFailed(InternalError):
    """A command of a build ended with ``code``."""

    def __init__(self, command: str, code: int) -> None:
        super().__init__(f"The command '{command}' returned a non-zero code: {code}")
        self.command, self.code = command, code


class CommandNotRun(InternalError):
    """A command of a build could not be run, for a reason with a text of its own."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(reason)
        self.command = command


class RegistryError(InternalError):
    """A registry answered something that is neither success nor one of the errors with a class of its own."""
