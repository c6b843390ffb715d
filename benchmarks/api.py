"""The calls of the HTTP API that several rows make."""

from wherry.client.connection import Client


def create(client: Client, image: str, *command: str, host: dict[str, object] | None = None) -> str:
    """A new container's id."""
    body = {"Image": image, "Cmd": list(command), "HostConfig": host or {}}
    return str(client.call("POST", "/containers/create", body=body).json()["Id"])


def start(client: Client, container: str) -> None:
    """Start it; return when it runs."""
    client.call("POST", f"/containers/{container}/start").read()


def wait(client: Client, container: str) -> int:
    """Wait until it does not run; its exit status."""
    return int(client.call("POST", f"/containers/{container}/wait").json()["StatusCode"])


def remove(client: Client, container: str) -> None:
    """Remove it, running or not."""
    client.call("DELETE", f"/containers/{container}", query={"force": "1", "v": "1"}).read()
