"""Links of the default bridge: what a container is told of the others that it was linked to.

Names of variables and lines of /etc/hosts are Docker's (moby ``daemon/links``, libnetwork ``etchosts``).
"""

import re
from collections.abc import Iterable, Iterator

from wherry.errors import InternalError
from wherry.model.container import Container, Link
from wherry.model.network import Endpoint, LinkedPort
from wherry.plan.containers.namespaces import peer
from wherry.plan.naming import short_id
from wherry.plan.networks.attachments import DEFAULT_NETWORK, exposed_port, network_mode
from wherry.plan.networks.network_request import BUILTIN_DRIVERS

_NOT_TOLD = frozenset(("HOME", "PATH"))

Exposed = tuple[int, str]
"""A port and its protocol."""


def parse(text: str) -> tuple[str, str]:
    """``source:alias`` → both, without the slashes that they may begin with; a source alone is its own alias."""
    source, colon, alias = text.partition(":")
    source = source.removeprefix("/")
    return source, alias.removeprefix("/") if colon else source


def applies(mode: str) -> bool:
    """Whether links of this network mode are the default bridge's kind; other networks make aliases of them."""
    mode = network_mode(mode)
    return bool(peer(mode)) or mode in BUILTIN_DRIVERS


def name_of(receiver: Container, link: Link) -> str:
    """The further name that a linked container has: ``/receiver/alias``."""
    return f"/{receiver.name}/{link.alias}"


def shown(receiver: Container, link: Link, source_name: str) -> str:
    """``HostConfig.Links``: ``/source:/receiver/alias``."""
    return f"/{source_name}:{name_of(receiver, link)}"


def endpoint(container: Container) -> Endpoint | None:
    """A container's end in the default network."""
    return next((each for each in container.endpoints if each.network == DEFAULT_NETWORK), None)


def check(receiver: Container, link: Link, source: Container | None) -> None:
    """Raise InternalError if a container cannot start because of whom it is linked to."""
    if source is None or not source.state.alive:
        name = source.name if source else link.source_name
        raise InternalError(f"Cannot link to a non running container: /{name} AS {name_of(receiver, link)}")
    if endpoint(source) is None:
        raise InternalError(f"Cannot link to /{source.name}, as it does not belong to the default network")


def host_names(link: Link, source: Container) -> str:
    """Names of a linked container in /etc/hosts: alias, host name, and its own name if that is another."""
    names = (link.alias, source.spec.hostname or short_id(source.id))
    return " ".join(names if link.alias == source.name else (*names, source.name))


def moved(hosts: str, alias: str, address: str) -> str:
    """The text of /etc/hosts, with another address for a linked container in place of that of its IP version."""
    known = r"[\da-f:.]*:[\da-f:.]*" if ":" in address else r"[\d.]+"
    return re.sub(rf"^{known}(?=\t{re.escape(alias)}(?:\s|\.))", address, hosts, flags=re.MULTILINE)


def environment(receiver: Container, link: Link, source: Container) -> tuple[str, ...]:
    """The variables ``ALIAS_…`` that tell where a linked container is, and what its environment is."""
    prefix = link.alias.rpartition("/")[2].upper().replace("-", "_")
    end = endpoint(source)
    address, ports = end.ipv4 if end else "", _exposed(source)
    entries = (
        *_first_port(address, ports),
        *_runs_of_ports(address, ports),
        *(entry for port in ports for entry in _one_port(address, port)),
        f"NAME={name_of(receiver, link)}",
        *(f"ENV_{entry}" for entry in source.spec.env if "=" in entry and entry.partition("=")[0] not in _NOT_TOLD),
    )
    return tuple(f"{prefix}_{entry}" for entry in entries)


def linked_ports(receiver: Container, source: Container) -> tuple[LinkedPort, ...]:
    """What a link opens between two containers of a network whose containers cannot talk otherwise."""
    from_, to = endpoint(receiver), endpoint(source)
    if from_ is None or to is None:
        return ()
    return tuple(
        LinkedPort(protocol=protocol, receiver_ip=from_.ipv4, source_ip=to.ipv4, port=number)
        for number, protocol in _exposed(source)
    )


def _exposed(source: Container) -> tuple[Exposed, ...]:
    """TCP before all others, then by number."""
    ports = {exposed_port(text) for text in source.spec.exposed_ports}
    return tuple(sorted(ports, key=lambda port: (port[1] != "tcp", port[1], port[0])))


def _first_port(address: str, ports: Iterable[Exposed]) -> Iterator[str]:
    lowest = min(ports, key=lambda port: (port[0], port[1] != "tcp"), default=None)
    if lowest is not None:
        yield f"PORT={_url(address, lowest)}"


def _one_port(address: str, port: Exposed) -> Iterator[str]:
    number, protocol = port
    name = f"PORT_{number}_{protocol.upper()}"
    yield f"{name}={_url(address, port)}"
    yield f"{name}_ADDR={address}"
    yield f"{name}_PORT={number}"
    yield f"{name}_PROTO={protocol}"


def _runs_of_ports(address: str, ports: tuple[Exposed, ...]) -> Iterator[str]:
    """Ports that follow each other have their first and last told too."""
    for run in _runs(ports):
        (first, protocol), (last, _) = run[0], run[-1]
        if first == last:
            continue
        name = f"PORT_{first}_{protocol.upper()}"
        yield f"{name}_START={_url(address, run[0])}"
        yield f"{name}_ADDR={address}"
        yield f"{name}_PROTO={protocol}"
        yield f"{name}_PORT_START={first}"
        yield f"{name}_END={_url(address, run[-1])}"
        yield f"{name}_PORT_END={last}"


def _runs(ports: tuple[Exposed, ...]) -> list[list[Exposed]]:
    runs: list[list[Exposed]] = []
    for number, protocol in ports:
        if runs and runs[-1][-1] == (number - 1, protocol):
            runs[-1].append((number, protocol))
        else:
            runs.append([(number, protocol)])
    return runs


def _url(address: str, port: Exposed) -> str:
    return f"{port[1]}://{address}:{port[0]}"
