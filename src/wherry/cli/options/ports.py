"""-p and --expose: container ports, and the host ports that lead to them. Rules of docker's ``nat`` package."""

from .addresses import is_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

PROTOCOLS = ("tcp", "udp", "sctp")
MAX_PORT = 65535


def settings(options: "Options") -> "dict[str, Any]":
    exposed: dict[str, dict[str, str]] = {}
    bindings: dict[str, list[dict[str, str]]] = {}
    for text in options["publish"]:
        for port, address, host_port in published(_short_form(text)):
            exposed[port] = {}
            bindings.setdefault(port, []).append({"HostIp": address, "HostPort": host_port})
    for text in options["expose"]:
        exposed |= {port: {} for port in _exposed(text)}
    return {"ExposedPorts": exposed, "HostConfig": {"PortBindings": bindings}}


def published(spec: str) -> list[tuple[str, str, str]]:
    """``[address:][host ports:]container ports[/protocol]`` → (port/protocol, address, host port) for each port."""
    *before, last = spec.split(":")
    host_ports = before.pop() if before else ""
    address = _address(":".join(before))
    protocol, ports = _split_protocol(last)
    if not ports:
        raise ValueError(f"No port specified: {spec}<empty>")
    first, end = _port_range(ports, f"Invalid containerPort: {ports}")
    host_first, host_end = _port_range(host_ports, f"Invalid hostPort: {host_ports}") if host_ports else (0, 0)
    if host_ports and first != end and end - first != host_end - host_first:
        raise ValueError(f"Invalid ranges specified for container and host Ports: {ports} and {host_ports}")
    if protocol.lower() not in PROTOCOLS:
        raise ValueError(f"Invalid proto: {protocol}")
    found = []
    for offset in range(end - first + 1):
        host_port = str(host_first + offset) if host_ports else ""
        if first == end and host_first != host_end:
            host_port = f"{host_first}-{host_end}"
        found.append((f"{first + offset}/{protocol.lower()}", address, host_port))
    return found


def _short_form(text: str) -> str:
    """``target=80,published=8080,protocol=udp`` as ``8080:80/udp``; the short form as it is."""
    if "=" not in text:
        return text
    values = {"protocol": "tcp"}
    for field in text.split(","):
        key, equals, value = field.partition("=")
        if not equals or not key:
            raise ValueError(f"invalid publish opts format (should be name=value but got '{field}')")
        values[key] = value
    return f"{values.get('published', '')}:{values.get('target', '')}/{values['protocol']}"


def _exposed(text: str) -> list[str]:
    if ":" in text:
        raise ValueError(f"invalid port format for --expose: {text}")
    protocol, ports = _split_protocol(text)
    bad = f'invalid range format for --expose: {text}, error: strconv.ParseUint: parsing "{ports}": invalid syntax'
    first, end = _port_range(ports, bad)
    return [f"{port}/{protocol}" for port in range(first, end + 1)]


def _address(text: str) -> str:
    address = text
    if text.startswith("[") and text.endswith("]"):
        address = text[1:-1]
    elif ":" in text:
        raise ValueError(f"Invalid ip address {text}: address {text}:: too many colons in address")
    if address and not is_address(address):
        raise ValueError(f"Invalid ip address: {address}")
    return address


def _split_protocol(text: str) -> tuple[str, str]:
    """Protocol and ports; both "" when there is no port."""
    ports, _, protocol = text.partition("/")
    return (protocol or "tcp", ports) if ports else ("", "")


def _port_range(text: str, bad: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    numbers = (first, last) if dash else (first, first)
    if not all(number.isascii() and number.isdigit() and int(number) <= MAX_PORT for number in numbers):
        raise ValueError(bad)
    begin, end = int(numbers[0]), int(numbers[1])
    if end < begin:
        raise ValueError(bad)
    return begin, end
