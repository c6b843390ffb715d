"""What a runtime spec is built from: plain data, gathered by the start service."""

from msgspec import Struct

from wherry.model.container import Container
from wherry.model.device import DeviceNode
from wherry.model.host import HostFacts
from wherry.model.resources import Ulimit
from wherry.plan.containers.users import Identity


class SpecRequest(Struct, frozen=True, kw_only=True):
    """Everything that decides a container's config.json.

    ``rootfs`` is the mounted root on the host. ``network_namespace`` and ``user_namespace`` are paths, "" for the
    host's; ``joined`` maps pid, ipc or uts to the path of another container's namespace. ``hosts``, ``hostname`` and
    ``resolv_conf`` are files of the host to bind, "" for none. ``shm`` is a host directory to bind on /dev/shm where it
    is shared (``--ipc shareable`` and ``container:``), "" for a tmpfs of the container's own. ``devices`` are those
    nodes of the host that ``resources.device_paths`` names, and all of the host's for a privileged container.
    ``init_path`` is the host's init binary, for ``--init``. ``linked_env`` are the variables that tell of linked
    containers, ``default_ulimits`` the limits of whoever asks for none of that name.
    """

    container: Container
    rootfs: str
    identity: Identity
    facts: HostFacts
    network_namespace: str = ""
    joined: dict[str, str] = {}
    user_namespace: str = ""
    hosts: str = ""
    hostname: str = ""
    resolv_conf: str = ""
    shm: str = ""
    devices: tuple[DeviceNode, ...] = ()
    init_path: str = ""
    linked_env: tuple[str, ...] = ()
    default_ulimits: tuple[Ulimit, ...] = ()
