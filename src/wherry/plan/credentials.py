"""What is not shown to everybody."""

from urllib.parse import urlsplit

_HIDDEN = "xxxxx:xxxxx"


def masked(url: str) -> str:
    """A URL without the name and the password in it, as dockerd shows it."""
    place = urlsplit(url).netloc
    credentials, at, host = place.rpartition("@")
    return url.replace(place, f"{_HIDDEN}@{host}", 1) if at and credentials else url
