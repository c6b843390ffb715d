"""Disk usage → ``system df``."""

from wherry.api.translate.containers import container_summary
from wherry.api.translate.images import image_summary
from wherry.api.translate.volumes import volume_resource
from wherry.model.system import ContainerUsage, DiskUsage, ImageUsage, VolumeUsage
from wherry.model.volume import VolumeView
from wherry.wire.container import ContainerSummary
from wherry.wire.image import ImageSummary
from wherry.wire.system import DiskUsageResponse
from wherry.wire.volume import UsageData, VolumeResource


def disk_usage_response(usage: DiskUsage, now: int) -> DiskUsageResponse:
    """Kinds that were not asked for are null; the build cache is left to the caller."""
    images, containers, volumes = usage.images, usage.containers, usage.volumes
    return DiskUsageResponse(
        layers_size=usage.layers,
        images=None if images is None else [_image(item) for item in images],
        containers=None if containers is None else [_container(item, now) for item in containers],
        volumes=None if volumes is None else [_volume(item) for item in volumes],
        build_cache=None,
    )


def _image(usage: ImageUsage) -> ImageSummary:
    return image_summary(usage.image, usage.names, containers=usage.containers, shared=usage.shared)


def _container(usage: ContainerUsage, now: int) -> ContainerSummary:
    return container_summary(usage.container, usage.container.spec.image, now, (usage.own, usage.root))


def _volume(usage: VolumeUsage) -> VolumeResource:
    view = VolumeView(volume=usage.volume, mountpoint=usage.path)
    return volume_resource(view, UsageData(ref_count=usage.users, size=usage.size))
