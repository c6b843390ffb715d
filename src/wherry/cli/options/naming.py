"""--add-host, --dns, --dns-search: how names are looked up inside."""

from .addresses import canonical_address, is_address

ALPHANUMERIC = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
LABEL = ALPHANUMERIC | {"-"}
MAX_DOMAIN = 255
HOST_GATEWAY = "host-gateway"

dns_server = canonical_address


def extra_host(text: str) -> str:
    """``name=address`` or ``name:address`` as ``name:address``; the address may be in brackets, or "host-gateway"."""
    name, separator, address = text.partition("=") if "=" in text else text.partition(":")
    if not separator or not name or ":" in name:
        raise ValueError(f'bad format for add-host: "{text}"')
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if address != HOST_GATEWAY and not is_address(address):
        raise ValueError(f'invalid IP address in add-host: "{address}"')
    return f"{name}:{address}"


def search_domain(text: str) -> str:
    """A domain name, or "." for none at all."""
    domain = text.strip()
    labels = domain.removesuffix(".").split(".")
    if domain != "." and (
        len(domain) > MAX_DOMAIN or not any(map(str.isalpha, domain)) or not all(map(_is_label, labels))
    ):
        raise ValueError(f"{text} is not a valid domain")
    return domain


def _is_label(label: str) -> bool:
    return bool(label) and LABEL.issuperset(label) and label[0] != "-" and label[-1] != "-"
