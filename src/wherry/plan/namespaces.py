"""Which namespaces a container shares, and with whom."""

from wherry.model.container import HostSpec

_PEER = "container:"


def peer(mode: str) -> str:
    """The container named in a mode such as ``container:web``, "" if the mode names none."""
    return mode.removeprefix(_PEER) if mode.startswith(_PEER) else ""


def peers(host: HostSpec) -> tuple[str, ...]:
    """All containers that a host spec refers to by network, pid or ipc mode, or by ``--volumes-from``."""
    shared = (peer(mode) for mode in (host.network, host.pid, host.ipc))
    volumes = (text.partition(":")[0] for text in host.volumes_from)
    return tuple(name for name in (*shared, *volumes) if name)


def owns_network(host: HostSpec) -> bool:
    """Whether the container has a network namespace of its own."""
    return host.network != "host" and not peer(host.network)


def shares_ipc(host: HostSpec) -> bool:
    """Whether others may join the container's ipc namespace."""
    return host.ipc == "shareable"
