"""Kernel versions: what ``uname -r`` says, compared."""

import re

_NUMBERS = re.compile(r"(\d+)\.(\d+)")


def at_least(release: str, version: tuple[int, int]) -> bool:
    """Whether a release such as ``6.1.0-18-amd64`` is version (major, minor) or later; False if it is no version."""
    found = _NUMBERS.match(release)
    return found is not None and (int(found[1]), int(found[2])) >= version
