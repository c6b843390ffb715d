"""URLs that others name: users and registries. What is none fails as a connection to it would."""

from string import punctuation
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from wherry.registry.reasons import ConnectionFailed


def split(url: str) -> SplitResult:
    """Raises ConnectionFailed."""
    try:
        return urlsplit(url)
    except ValueError as error:
        raise ConnectionFailed(f'parse "{url}": {error}') from error


def join(base: str, location: str) -> str:
    """Where a ``location`` found at ``base`` leads. Raises ConnectionFailed."""
    try:
        return urljoin(base, quoted(location))
    except ValueError as error:
        raise ConnectionFailed(f'parse "{location}": {error}') from error


def target_of(url: str) -> str:
    """What a request line has of it: a path, and a query. Raises ConnectionFailed."""
    parts = split(url)
    return quoted(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")


def quoted(text: str) -> str:
    """Without what cannot stand in a request line: white space, control and other characters beyond ASCII."""
    return quote(text, safe=punctuation)


def in_ascii(authority: str) -> str:
    """A host, maybe with a port, as name servers and the Host header have it. Raises ConnectionFailed."""
    try:
        name = authority.encode("idna").decode()
    except UnicodeError as error:
        raise ConnectionFailed(f"dial tcp: lookup {authority}: no such host") from error
    if not name.isprintable() or " " in name:
        raise ConnectionFailed(f'parse "{authority}": invalid character in host name')
    return name
