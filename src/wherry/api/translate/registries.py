"""What registries say → answers."""

from typing import TYPE_CHECKING

from msgspec import UNSET

from wherry.model.image import Platform
from wherry.model.registry import Found
from wherry.wire.registry import DescriptorResponse, DistributionInspect, PlatformResponse, SearchResult

if TYPE_CHECKING:
    from wherry.engine.registries import Distribution


def distribution_inspect(found: "Distribution") -> DistributionInspect:
    descriptor = found.descriptor
    return DistributionInspect(
        descriptor=DescriptorResponse(media_type=descriptor.media_type, digest=descriptor.digest, size=descriptor.size),
        platforms=[_platform(platform) for platform in found.platforms],
    )


def search_result(found: Found) -> SearchResult:
    return SearchResult(
        star_count=found.stars,
        is_official=found.is_official,
        name=found.name,
        description=found.description,
    )


def _platform(platform: Platform) -> PlatformResponse:
    return PlatformResponse(architecture=platform.architecture, os=platform.os, variant=platform.variant or UNSET)
