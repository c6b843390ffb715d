"""What the clients type: operations on few names, so that they get into each other's way."""

import shlex
from random import Random

from tests.harness.trees import LABEL

from soak.materials import Materials

BOXES = ("box1", "box2", "box3", "box4")
IMAGES = ("made:1", "made:2")
NETWORKS = ("lan1", "lan2")
VOLUMES = ("data1", "data2")
PLUGINS = ("driver1", "driver2")

_CONTAINERS = (
    "run --rm busybox true",
    "run --rm -i -v {volume}:/v --network {network} busybox cat",
    "run -d --name {box} busybox sleep 1000",
    "run -d --name {box} -p {port}:80 -v {volume}:/v -v /anonymous busybox httpd -f",
    "run -d --name {box} --network {network} --health-cmd true --health-interval 200ms busybox sleep 1000",
    "run -d --name {box} --restart always --memory 64m busybox sleep 1000",
    "run -d --name {box} --restart on-failure:3 busybox sh -c 'exit 3'",
    "run -d --name {box} {image} sleep 1000",
    "run -d --rm --init busybox sleep 0.1",
    "create --name {box} -v {volume}:/v {image} true",
    "rm -fv {box}",
    "rm -f {box} {other}",
)
_LIFECYCLE = (
    "start {box}",
    "start {box} {other}",
    "stop -t 1 {box}",
    "kill {box}",
    "restart -t 0 {box}",
    "pause {box}",
    "unpause {box}",
    "exec {box} true",
    "exec -i {box} sh -c 'echo hi; cat'",
    "exec -d {box} sleep 0.2",
    "logs {box}",
    "rename {box} {other}",
    "update --memory 48m --memory-swap 96m {box}",
    # Not to /tmp: where the box comes to be between the client's two questions, that would be the tree's new name.
    "cp {tree} {box}:/tmp/tree",
    "cp {box}:/etc -",
    "diff {box}",
    "export -o {output} {box}",
)
_IMAGES = (
    "build -t {image} {context}",
    "build --no-cache -t {image} {context}",
    "pull {remote}",
    "load -i {saved}",
    "import -c 'LABEL {label}=1' {root} {image}",
    "commit {box} {image}",
    "tag busybox {image}",
    "save -o {output} {image}",
    "rmi -f {image}",
    "rmi -f {remote} loaded:1",
    "builder prune -af",
    "image prune -f",
)
_NETWORKS_AND_VOLUMES = (
    "network create {network}",
    "network create --internal {network}",
    "network rm {network}",
    "network connect {network} {box}",
    "network connect bridge {box}",
    "network disconnect {network} {box}",
    "network disconnect bridge {box}",
    "network prune -f",
    "volume create {volume}",
    "volume create -o type=tmpfs -o device=tmpfs {volume}",
    "volume rm {volume}",
    "volume prune -af",
    "container prune -f",
    "system df",
)

_PLUGINS = (
    "plugin create {plugin} {plugin_folder}",
    "plugin install --grant-all-permissions --alias {plugin} {remote_plugin}",
    "plugin install --disable --grant-all-permissions --alias {plugin} {remote_plugin}",
    "plugin enable {plugin}",
    "plugin disable -f {plugin}",
    "plugin upgrade --grant-all-permissions --skip-remote-check {plugin} {remote_plugin}",
    "plugin rm -f {plugin}",
)

CLIENTS = (
    ("wherry", _CONTAINERS),
    ("docker", _CONTAINERS),
    ("wherry", _LIFECYCLE),
    ("docker", _IMAGES),
    ("wherry", _IMAGES),
    ("docker", (*_LIFECYCLE, *_NETWORKS_AND_VOLUMES)),
    ("wherry", _NETWORKS_AND_VOLUMES),
    ("docker", _PLUGINS),
    ("wherry", _PLUGINS),
)
"""Who types which operations, beside each other."""


def words(operations: tuple[str, ...], chance: Random, materials: Materials) -> list[str]:
    """One of ``operations`` by chance, its names chosen."""
    typed = chance.choice(operations).format(
        box=chance.choice(BOXES),
        other=chance.choice(BOXES),
        image=chance.choice(IMAGES),
        network=chance.choice(NETWORKS),
        volume=chance.choice(VOLUMES),
        plugin=chance.choice(PLUGINS),
        port=chance.randint(8080, 8082),
        label=LABEL,
        **vars(materials),
    )
    return shlex.split(typed)
