"""Which volumes ``volume ls --filter`` means."""

from msgspec import Struct

from wherry.model.volume import Volume
from wherry.plan.filters.parse import Filters, matches_labels, matches_pattern, parse_flag

VOLUME_FILTERS = frozenset(("dangling", "driver", "label", "name"))


class VolumeFilter(Struct, frozen=True, kw_only=True):
    filters: Filters
    dangling: bool | None

    @classmethod
    def read(cls, filters: Filters) -> "VolumeFilter":
        """Raises InvalidArgument for values that make no sense."""
        return cls(filters=filters, dangling=parse_flag(filters, "dangling"))

    def matches(self, volume: Volume, *, used: bool) -> bool:
        """``used``: whether a container has it."""
        names, drivers = self.filters.get("name"), self.filters.get("driver")
        return (
            (not names or matches_pattern(names, volume.name))
            and (not drivers or volume.driver in drivers)
            and (self.dangling is None or self.dangling != used)
            and matches_labels(volume.labels, self.filters.get("label", ()))
        )
