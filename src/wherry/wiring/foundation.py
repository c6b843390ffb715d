"""Images, networks and volumes: what containers stand on."""

from msgspec import Struct

from wherry.engine.images import Images
from wherry.engine.images.layering import Layering
from wherry.engine.images.unpacking import Unpacker
from wherry.engine.networks import Networks
from wherry.engine.volumes import Volumes
from wherry.engine.volumes.driven import DrivenMounts
from wherry.engine.volumes.use import VolumeUse
from wherry.wiring.config import EngineConfig
from wherry.wiring.edges import Edges
from wherry.wiring.shared import Shared


class Foundation(Struct, frozen=True, kw_only=True):
    """The services that those of containers use."""

    images: Images
    layering: Layering
    networks: Networks
    volumes: Volumes
    volume_use: VolumeUse


def make_foundation(config: EngineConfig, edges: Edges, shared: Shared) -> Foundation:
    store = edges.store
    images = Images(
        records=store.records,
        content=store.content,
        snapshots=store.snapshots,
        operations=shared.operations,
        events=shared.events,
        clock=edges.clock,
        containers_using=shared.catalog.of_image,
    )
    volumes = Volumes(
        records=store.records,
        files=store.volumes,
        drivers=shared.drivers,
        clock=edges.clock,
        chance=edges.chance,
        events=shared.events,
        containers=shared.catalog.all,
        data_root=edges.settings.data_root,
    )
    return Foundation(
        images=images,
        layering=Layering(
            images=images,
            unpacker=Unpacker(images=images, layers=edges.layers, content=store.content, snapshots=store.snapshots),
            layers=edges.layers,
            content=store.content,
            snapshots=store.snapshots,
        ),
        networks=Networks(
            records=store.records,
            networking=edges.networking,
            clock=edges.clock,
            chance=edges.chance,
            events=shared.events,
            settings=config.network,
            containers=shared.catalog.all,
            name_servers=edges.name_servers,
            host_resolv_conf=edges.machine.resolv_conf,
            defaults=edges.settings.defaults,
        ),
        volumes=volumes,
        volume_use=VolumeUse(
            edges.exec_root / "parts",
            volumes=volumes,
            files=store.volumes,
            driven=DrivenMounts(
                records=store.records,
                drivers=shared.drivers,
                chance=edges.chance,
                operations=shared.operations,
                containers=shared.catalog.all,
            ),
            mounts=edges.mounts,
            events=shared.events,
            containers=shared.catalog.all,
        ),
    )
