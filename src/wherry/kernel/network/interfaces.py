"""Interfaces of containers, made in their namespaces."""

from contextlib import suppress
from typing import Final

from wherry.errors import InternalError
from wherry.kernel import sysctls
from wherry.kernel.network import addressing, bridges, links, namespaces, parents
from wherry.kernel.network.links import Veth
from wherry.kernel.network.netlink import Netlink
from wherry.model.network import Interface

_FIRST_INDEX: Final = 1 << 16  # of links made here: the kernel's own numbers are small


class Interfaces:
    """``rtnl`` is a socket of the host's namespace."""

    def __init__(self, rtnl: Netlink) -> None:
        self._rtnl = rtnl
        self._last_index = _FIRST_INDEX

    def add(self, path: str, inside: Netlink, interface: Interface) -> None:
        """An interface in the namespace at ``path``, which ``inside`` is a socket of: made if it is not there,
        addressed, up and routed. NotFound, InternalError if the bridge or the parent is missing."""
        present = {link.name: link.index for link in links.links(inside)}
        index = present.get(interface.name) or self._create(path, inside, interface, max(present.values()) + 1)
        _switch_ipv6(path, interface.name, on=any(":" in address for address in interface.addresses))
        addressing.configure(inside, index, interface.addresses, interface.gateways)

    def _create(self, path: str, inside: Netlink, interface: Interface, free_index: int) -> int:
        """Its number there."""
        if interface.parent is None:
            self._create_veth(path, interface, free_index)
            return free_index
        parents.share(self._rtnl, interface.parent, path, interface)
        made = links.link(inside, interface.name)
        if made is None:
            raise InternalError(f"the interface {interface.name} of {interface.parent.name} is gone again")
        if interface.mac:
            links.set_mac(inside, made.index, interface.mac)  # only now does passthru give it to the parent
        return made.index

    def _create_veth(self, path: str, interface: Interface, peer_index: int) -> None:
        """Both ends need numbers of our choice; one that is taken is followed by the first that is not."""
        bridge = bridges.find(self._rtnl, interface.bridge)
        while True:
            self._last_index += 1
            veth = Veth(
                interface=interface,
                namespace=path,
                bridge_index=bridge.index,
                host_index=self._last_index,
                peer_index=peer_index,
            )
            try:
                links.create_veth(self._rtnl, veth)
            except FileExistsError:
                present = links.links(self._rtnl)
                if any(link.name == interface.host_name for link in present):
                    raise
                self._last_index = max(self._last_index, *(link.index for link in present))
            else:
                return


def _switch_ipv6(path: str, name: str, *, on: bool) -> None:
    with namespaces.entered(path), suppress(FileNotFoundError):  # a kernel without IPv6
        sysctls.write(sysctls.disable_ipv6(name), 0 if on else 1)
