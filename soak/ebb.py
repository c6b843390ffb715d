"""Between the storms: what is listed is removed."""

from random import Random
from typing import Any

from docker import APIClient

_KEPT = "busybox:latest"


def remove_some(api: APIClient, chance: Random) -> None:
    """A third of the containers, with their anonymous volumes."""
    containers = api.containers(all=True)
    for container in chance.sample(containers, len(containers) // 3):
        api.remove_container(container["Id"], force=True, v=True)


def remove_all(api: APIClient) -> None:
    """All but the image ``busybox``; one thing after the other, so that one that resists is seen."""
    for container in api.containers(all=True):
        api.remove_container(container["Id"], force=True, v=True)
    for volume in api.volumes()["Volumes"] or ():
        api.remove_volume(volume["Name"])
    for plugin in api.plugins():
        api.remove_plugin(plugin["Name"], force=True)
    for network in api.networks(filters={"type": "custom"}):
        api.remove_network(network["Id"])
    api.prune_builds(all=True)
    for image in api.images():
        _remove_image(api, image)


def _remove_image(api: APIClient, image: dict[str, Any]) -> None:
    """By its names, since another may be its child; ``busybox`` loses those that it got in the storm."""
    for name in [tag for tag in image["RepoTags"] or () if tag not in (_KEPT, "<none>:<none>")]:
        api.remove_image(name)
    if not image["RepoTags"]:
        api.remove_image(image["Id"])
