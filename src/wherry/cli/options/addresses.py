"""IP and MAC addresses as texts."""

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def is_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address."""
    return _packed(text) is not None


def canonical_address(text: str) -> str:
    """An address in its shortest form. ValueError in Docker's words when it is none."""
    packed = _packed(text.strip())
    if packed is None:
        raise ValueError(f"IP address is not correctly formatted: {text}")
    return inet_ntop(*packed)


def mac_address(text: str) -> str:
    """The text of a 48 bit MAC address as it is. ValueError when it is none."""
    octets = text.replace("-", ":").split(":")
    if len(octets) != 6 or not all(len(octet) == 2 and HEXADECIMAL.issuperset(octet) for octet in octets):
        raise ValueError(f"{text} is not a valid mac address")
    return text


def _packed(text: str) -> tuple[int, bytes] | None:
    family = AF_INET6 if ":" in text else AF_INET
    try:
        return family, inet_pton(family, text)
    except (OSError, ValueError, UnicodeError):
        return None
