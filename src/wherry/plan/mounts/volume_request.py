"""What may be asked of a volume, checked as dockerd checks it (moby ``volume/local``); the texts are Docker's."""

import re

from wherry.errors import InvalidArgument, NotSupported
from wherry.model.mount import DeviceMount
from wherry.model.volume import Volume

ANONYMOUS_LABEL = "com.docker.volume.anonymous"

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_OPTIONS = frozenset(("type", "o", "device", "size"))
_TOGETHER = {"device": ("type",), "type": ("device",), "o": ("device", "type")}


def check(name: str, options: dict[str, str]) -> None:
    """Raise InvalidArgument or NotSupported for a local volume that cannot be made."""
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
    for option, others in _TOGETHER.items():
        for other in others:
            if option in options and other not in options:
                raise InvalidArgument(f'create {name}: missing required option: "{other}"')
    if "size" in options:
        raise NotSupported(f"create {name}: quota size requested but no quota support")


def device_mount(volume: Volume, target: str) -> DeviceMount | None:
    """What is mounted at a volume's directory while containers use it; None for one that is just a directory."""
    if not volume.is_local or "device" not in volume.options:
        return None
    return DeviceMount(
        target=target,
        source=volume.options["device"],
        kind=volume.options["type"],
        options=volume.options.get("o", ""),
    )
