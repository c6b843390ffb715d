"""A container's ports as ``ps`` shows them: ranges joined, what is published with its address."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def joined(address: str, port: object) -> str:
    """``0.0.0.0:80``, ``[::]:80``."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def displayed(ports: "list[dict[str, Any]]") -> str:
    """``0.0.0.0:80-82->80-82/tcp, [::]:80-82->80-82/tcp, 0.0.0.0:8080->81/tcp, 9000/udp``.

    Ports that are published under their own number, or not published, become ranges; the others follow.
    """
    open_ranges: dict[tuple[str, str], list[int]] = {}
    closed: list[str] = []
    mapped: list[str] = []
    for port in sorted(ports, key=_order):
        number, protocol, address = port["PrivatePort"], port["Type"], port.get("IP", "")
        if address and port["PublicPort"] != number:
            mapped.append(f"{joined(address, port['PublicPort'])}->{number}/{protocol}")
            continue
        key = address, protocol
        bounds = open_ranges.setdefault(key, [number, number])
        if number > bounds[1] + 1:
            closed.append(_range(key, bounds))
            bounds[:] = number, number
        bounds[1] = number
    return ", ".join([*closed, *(_range(key, bounds) for key, bounds in open_ranges.items()), *mapped])


def _order(port: "dict[str, Any]") -> tuple[int, int, tuple[int, ...], str, int, str]:
    address = port.get("IP", "")
    family = 0 if not address else 6 if ":" in address else 4
    numbers = tuple(int(part) for part in address.split(".")) if family == 4 else ()
    return port["PrivatePort"], family, numbers, address, port.get("PublicPort", 0), port["Type"]


def _range(key: tuple[str, str], bounds: list[int]) -> str:
    address, protocol = key
    first, last = bounds
    numbers = str(first) if first == last else f"{first}-{last}"
    return f"{joined(address, numbers)}->{numbers}/{protocol}" if address else f"{numbers}/{protocol}"
