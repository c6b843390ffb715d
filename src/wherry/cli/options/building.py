"""--tag and --progress of ``build``."""

from ..references import parse

MODES = ("auto", "plain", "tty")


def tag(text: str) -> str:
    """A name that an image can have. ValueError with Docker's words."""
    parse(text)
    return text


def progress(text: str) -> str:
    if text not in MODES:
        raise ValueError(f"must be one of {', '.join(MODES)}")
    return text
