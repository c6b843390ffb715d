"""What may be asked of a volume, checked as dockerd checks it (moby ``volume/local``); the texts are Docker's."""

import re

from wherry.errors import InvalidArgument, NotFound, NotSupported

LOCAL = "local"
ANONYMOUS_LABEL = "com.docker.volume.anonymous"

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_OPTIONS = frozenset(("type", "o", "device", "size"))


def check(name: str, driver: str, options: dict[str, str]) -> None:
    """Raise InvalidArgument, NotFound or NotSupported for a volume that cannot be made."""
    if driver not in ("", LOCAL):
        raise NotFound(f'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found')
    if len(name) == 1:
        raise InvalidArgument(
            f"create {name}: volume name is too short, names should be at least two alphanumeric characters"
        )
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f'create {name}: "{name}" includes invalid characters for a local volume name, '
            'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
        )
    for option in options:
        if option not in _OPTIONS:
            raise InvalidArgument(f'create {name}: invalid option: "{option}"')
    if options:
        raise NotSupported(f"create {name}: options of local volumes are not supported by this engine")
