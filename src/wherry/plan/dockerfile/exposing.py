"""Ports as EXPOSE takes them."""

from wherry.errors import InvalidArgument
from wherry.model.network import PROTOCOLS
from wherry.plan.go_values import decimal
from wherry.plan.networks.attachments import LARGEST_PORT


def ports(text: str) -> tuple[str, ...]:
    """``[…:]first[-last][/protocol]`` → ``port/protocol``, one for each; where it would be published does not count."""
    numbers, _, protocol = text.rpartition(":")[2].partition("/")
    protocol = protocol.lower() or "tcp"
    if protocol not in PROTOCOLS:
        raise InvalidArgument(f"Invalid proto: {protocol}")
    first, dash, last = numbers.partition("-")
    if not _is_port(first) or (dash and not _is_port(last)) or int(last or first) < int(first):
        raise InvalidArgument(f"Invalid containerPort: {numbers}")
    return tuple(f"{port}/{protocol}" for port in range(int(first), int(last or first) + 1))


def _is_port(text: str) -> bool:
    return bool(decimal(text, LARGEST_PORT))
