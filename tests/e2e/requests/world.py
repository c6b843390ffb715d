"""What the engine has while requests come, and has again after one that took it away."""

from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound, NotFound

from tests.e2e.requests.made_up import Known

_IMAGE = "busybox:latest"
_FIELDS = {
    "Container": ("box", "old"),
    "Image": (_IMAGE,),
    "container": ("box", "old"),
    "fromImage": (_IMAGE,),
    "names": (_IMAGE,),
    "path": ("/etc", "/nowhere", "/"),
    "repo": ("new",),
}


class World:
    """A container that runs, one that does not, and one of each other noun."""

    def __init__(self, client: docker.DockerClient, busybox: Path) -> None:
        self._client = client
        self._busybox = busybox

    def known(self) -> Known:
        """The names of it all, when what is gone or changed is made again."""
        self._image()
        self._client.volumes.create("data")
        if not self._client.networks.list(names=["net"]):
            self._client.networks.create("net")
        self._container("old", runs=False)
        self._container("box", runs=True)
        nouns = {
            "containers": ("box", "old"),
            "exec": (self._session(),),
            "images": (_IMAGE,),
            "networks": ("net", "bridge"),
            "volumes": ("data",),
        }
        return Known(nouns, _FIELDS)

    def tidy(self) -> None:
        """Remove what requests have made."""
        for container in self._client.containers.list(all=True, ignore_removed=True):
            if container.name not in ("box", "old"):
                container.remove(force=True, v=True)
        for network in self._client.networks.list():
            if network.name not in ("net", "bridge", "host", "none"):
                network.remove()

    def _image(self) -> None:
        try:
            self._client.images.get(_IMAGE)
        except ImageNotFound:
            self._client.api.import_image_from_file(str(self._busybox), "busybox", "latest", ['CMD ["/bin/sh"]'])

    def _container(self, name: str, *, runs: bool) -> None:
        try:
            container = self._client.containers.get(name)
        except NotFound:
            container = self._client.containers.create(
                _IMAGE, "sleep 1000", name=name, stop_signal="KILL", volumes=["data:/data"]
            )
        if container.status == "paused":
            container.unpause()
        if runs and container.status != "running":
            container.start()
        if not runs and container.status == "running":
            container.stop(timeout=0)  # or it has ended by itself just now

    def _session(self) -> str:
        """One that was not begun."""
        try:
            return str(self._client.api.exec_create("box", ["true"])["Id"])
        except APIError as error:
            if error.status_code != 409:
                raise
        self._client.api.wait("box")  # a signal ended it just now
        self._client.api.start("box")
        return str(self._client.api.exec_create("box", ["true"])["Id"])
