"""Which namespaces a container shares, and with whom."""

from collections.abc import Callable

from msgspec.structs import replace

from wherry.model.container import ContainerDefaults, ContainerSpec, HostSpec
from wherry.model.host import HostFacts

_PEER = "container:"


def peer(mode: str) -> str:
    """The container named in a mode such as ``container:web``, "" if the mode names none."""
    return mode.removeprefix(_PEER) if mode.startswith(_PEER) else ""


def peers(host: HostSpec) -> tuple[str, ...]:
    """All containers that a host spec refers to by network, pid or ipc mode, or by ``--volumes-from``."""
    shared = (peer(mode) for mode in (host.network, host.pid, host.ipc))
    volumes = (text.partition(":")[0] for text in host.volumes_from)
    return tuple(name for name in (*shared, *volumes) if name)


def with_peers(host: HostSpec, id_of: Callable[[str], str]) -> HostSpec:
    """The host spec with the IDs of the containers that its modes name: they stay the same when those are renamed."""

    def named(mode: str) -> str:
        return _PEER + id_of(name) if (name := peer(mode)) else mode

    return replace(host, network=named(host.network), pid=named(host.pid), ipc=named(host.ipc))


def owns_network(host: HostSpec) -> bool:
    """Whether the container has a network namespace of its own."""
    return host.network != "host" and not peer(host.network)


def shares_ipc(host: HostSpec) -> bool:
    """Whether others may join the container's ipc namespace."""
    return host.ipc == "shareable"


def usual_cgroup_namespace(facts: HostFacts) -> str:
    """By the version of control groups."""
    return "host" if facts.cgroup_version == 1 else "private"


def with_cgroups(spec: ContainerSpec, facts: HostFacts, defaults: ContainerDefaults) -> ContainerSpec:
    """The spec with a cgroup namespace, if it asks for none: the engine's default, else what is usual.

    On version 1 of control groups a privileged container is in the host's.
    """
    if spec.host.cgroup_namespace:
        return spec
    usual = usual_cgroup_namespace(facts)
    chosen = usual if spec.host.privileged and usual == "host" else defaults.cgroup_namespace or usual
    return replace(spec, host=replace(spec.host, cgroup_namespace=chosen))
