"""Volumes → what ``volume ls`` and ``volume inspect`` show."""

from msgspec import UNSET

from wherry.api.translate.times import NEVER, rfc3339_seconds
from wherry.model.volume import VolumeView
from wherry.wire.volume import UsageData, VolumeResource


def volume_resource(view: VolumeView, usage: UsageData | None = None, *, with_status: bool = False) -> VolumeResource:
    volume, told = view.volume, view.told
    return VolumeResource(
        created_at=(told.created or NEVER) if told else rfc3339_seconds(volume.created),
        driver=volume.driver,
        labels=dict(sorted(volume.labels.items())) or None,
        mountpoint=view.mountpoint,
        name=volume.name,
        options=dict(sorted(volume.options.items())) or None,
        scope=view.scope,
        status=(told.status if with_status and told else None) or UNSET,
        usage_data=usage or UNSET,
    )
