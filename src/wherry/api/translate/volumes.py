"""Volumes → what ``volume ls`` and ``volume inspect`` show."""

from msgspec import UNSET

from wherry.api.translate.times import rfc3339_seconds
from wherry.model.volume import Volume
from wherry.wire.volume import UsageData, VolumeResource


def volume_resource(volume: Volume, mountpoint: str, usage: UsageData | None = None) -> VolumeResource:
    return VolumeResource(
        created_at=rfc3339_seconds(volume.created),
        driver=volume.driver,
        labels=dict(sorted(volume.labels.items())) or None,
        mountpoint=mountpoint,
        name=volume.name,
        options=dict(sorted(volume.options.items())) or None,
        usage_data=usage or UNSET,
    )
