"""A small image as a registry gives it out, and a registry of fixed answers: for tests that change some of them."""

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from tests.harness.archives import archive, member
from tests.harness.cli import Cli
from tests.harness.httpserver import Scripted, answering

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PORT = 5055
NAME = f"localhost:{PORT}/x"
Answers = dict[str, tuple[str, bytes]]
Script = Callable[[BaseHTTPRequestHandler], None]


class Published(NamedTuple):
    """An image as a registry gives it out: its answers, and the paths of its parts."""

    answers: Answers
    manifest: str
    config: str
    layer: str


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def one_file() -> bytes:
    return archive(member("file", os.urandom(1 << 16)))


def published(**lies: object) -> Published:
    """An image of one file, which is new each time, but for its ``lies``."""
    content = told if isinstance(told := lies.get("archive"), bytes) else one_file()
    layer = gzip.compress(content)
    rootfs = {"type": "layers", "diff_ids": [lies.get("diff_id", digest(content))]}
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": rootfs}).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": lies.get("config_type", CONFIG), "digest": digest(config), "size": len(config)},
            "layers": [
                {"mediaType": LAYER, "digest": digest(layer), "size": lies.get("layer_size", len(layer))},
            ],
        }
    ).encode()
    paths = ["/v2/x/manifests/latest", *(f"/v2/x/blobs/{digest(blob)}" for blob in (config, layer))]
    answers = {
        "/v2/": ("application/json", b"{}"),
        paths[0]: (MANIFEST, manifest),
        paths[1]: ("application/octet-stream", config),
        paths[2]: ("application/octet-stream", layer),
    }
    return Published(answers, *paths)


@contextmanager
def serving(cli: Cli, answers: Answers, scripts: dict[str, Script] | None = None) -> Iterator[Scripted]:
    """A registry of fixed answers by path, some of them scripted."""
    server = Scripted(listener=cli.engine.host.listen(PORT))
    for path, (kind, body) in answers.items():
        server.scripts[path] = answering(200, body, Content_Type=kind)
    server.scripts |= scripts or {}
    try:
        yield server
    finally:
        server.close()


def lying(image: Published, path: str, body: bytes, kind: str = "application/octet-stream") -> Answers:
    return {**image.answers, path: (kind, body)}
