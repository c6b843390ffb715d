"""A real docker-registry, and what the tests put into it."""

import hashlib
import http.client
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from wherry.model.image import CONFIG_OCI, LAYER_OCI, MANIFEST_OCI

REGISTRY = shutil.which("docker-registry")


class Pushed:
    """What the tests put into a registry under ``tool:1``."""

    def __init__(self) -> None:
        self.config = b'{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}'
        self.layer = bytes(range(256)) * (9 << 12)
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_OCI,
            "config": {"mediaType": CONFIG_OCI, "digest": digest_of(self.config), "size": len(self.config)},
            "layers": [{"mediaType": LAYER_OCI, "digest": digest_of(self.layer), "size": len(self.layer)}],
        }
        self.manifest = json.dumps(document).encode()


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _send(connection: http.client.HTTPConnection, method: str, path: str, body: bytes, media_type: str = "") -> str:
    connection.request(method, path, body=body, headers={"Content-Type": media_type} if media_type else {})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status in (201, 202), text
    return answer.headers["Location"] or ""


def push(host: str, pushed: Pushed) -> None:
    connection = http.client.HTTPConnection(host)
    for blob in (pushed.config, pushed.layer):
        place = _send(connection, "POST", "/v2/tool/blobs/uploads/", b"")
        _send(connection, "PUT", f"{place}&digest={digest_of(blob)}", blob)
    for tag in ("1", "2", "3"):
        _send(connection, "PUT", f"/v2/tool/manifests/{tag}", pushed.manifest, MANIFEST_OCI)
    connection.close()


class Running:
    """A docker-registry over ``storage``; as a context it gives ``host:port``. ``extra`` is more of its YAML."""

    def __init__(self, storage: Path, folder: Path, extra: str = "", tls: str = "") -> None:
        self._port = _free_port()
        self._config = folder / "config.yml"
        self._config.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {storage}}}}}\n"
            f"http: {{addr: '127.0.0.1:{self._port}', net: tcp{tls}}}\n{extra}"
        )

    def __enter__(self) -> str:
        assert REGISTRY is not None
        self._process = subprocess.Popen([REGISTRY, "serve", self._config], stderr=subprocess.PIPE)
        _wait_for_port(self._port, self._process)
        return f"127.0.0.1:{self._port}"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"docker-registry ended: {process.communicate()[1]!r}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    pytest.fail("docker-registry did not listen in time")
