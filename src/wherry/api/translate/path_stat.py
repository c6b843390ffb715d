"""What is at a path → the header that tells it."""

import base64

import msgspec

from wherry.api.translate.times import rfc3339
from wherry.go_modes import go_mode
from wherry.model.path_stat import PathStat
from wherry.wire.path_stat import ContainerPathStat

HEADER = "X-Docker-Container-Path-Stat"


def path_stat_header(found: PathStat) -> dict[str, str]:
    told = ContainerPathStat(
        name=found.name,
        size=found.size,
        mode=go_mode(found.mode),
        mtime=rfc3339(found.modified),
        link_target=found.link_target,
    )
    return {HEADER: base64.b64encode(msgspec.json.encode(told)).decode()}
