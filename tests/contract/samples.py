"""Records to put into tables."""

from wherry.model.container import Container, ContainerSpec, HostSpec
from wherry.model.image import Image, Layer, Platform, Tag
from wherry.model.mount import MountKind, MountPoint
from wherry.model.network import Network, Subnet
from wherry.model.volume import Volume

CONTAINER = Container(
    id="c" * 64,
    name="nice_name",
    image_id="sha256:" + "1" * 64,
    chain_id="sha256:" + "2" * 64,
    created=1_700_000_000_000_000_001,
    spec=ContainerSpec(image="busybox", command=("sh", "-c", "äöü\n"), labels={"a": "b"}, host=HostSpec(init=True)),
    mounts=(MountPoint(kind=MountKind.VOLUME, target="/data", name="v"),),
)
IMAGE = Image(id="sha256:" + "1" * 64, platform=Platform(os="linux", architecture="amd64"), diff_ids=("sha256:x",))
TAG = Tag(name="docker.io/library/busybox:latest", image_id=IMAGE.id)
LAYER = Layer(chain_id="sha256:" + "2" * 64, diff_id="sha256:x", directory="0123")
NETWORK = Network(id="n" * 64, name="net", subnets=(Subnet(subnet="10.0.0.0/24"),), ipv6=True)
VOLUME = Volume(name="v", labels={"k": ""})
