"""``--log-driver`` with the name of a plugin (moby ``daemon/logger/loginfo.go``)."""

from wherry.model.collector import Collector, CollectorAddress, LogPlugin
from wherry.model.container import Container
from wherry.plan.timestamps import rfc3339


def plan(container: Container) -> Collector:
    spec = container.spec
    program, *arguments = container.argv
    info = {
        "Config": spec.host.log.options,
        "ContainerID": container.id,
        "ContainerName": f"/{container.name}",
        "ContainerEntrypoint": program,
        "ContainerArgs": arguments,
        "ContainerImageID": container.image_id,
        "ContainerImageName": spec.image,
        "ContainerCreated": rfc3339(container.created),
        "ContainerEnv": spec.env,
        "ContainerLabels": spec.labels,
        "LogPath": "",
        "DaemonName": "docker",
    }
    return Collector(
        address=CollectorAddress(network="plugin", host=spec.host.log.driver), messages=LogPlugin(info=info)
    )
