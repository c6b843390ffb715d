"""Which networks ``network ls --filter`` means."""

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.model.network import Network
from wherry.plan.filters.parse import Filters, matches_labels, matches_pattern, parse_flag
from wherry.plan.networks.network_request import BUILTIN_DRIVERS

NETWORK_FILTERS = frozenset(("dangling", "driver", "id", "label", "name", "scope", "type"))


class NetworkFilter(Struct, frozen=True, kw_only=True):
    filters: Filters
    dangling: bool | None

    @classmethod
    def read(cls, filters: Filters) -> "NetworkFilter":
        """Raises InvalidArgument for values that make no sense."""
        for kind in filters.get("type", ()):
            if kind not in ("builtin", "custom"):
                raise InvalidArgument(f"invalid filter: 'type'='{kind}'")
        return cls(filters=filters, dangling=parse_flag(filters, "dangling"))

    def matches(self, network: Network, *, used: bool) -> bool:
        """``used``: whether a container is in it. dockerd 26 calls all networks of users dangling, as it lists them
        without their containers; its documentation says what is meant."""
        builtin = network.name in BUILTIN_DRIVERS
        return (
            self._has("driver", network.driver)
            and self._has("scope", "local")
            and self._has("type", "builtin" if builtin else "custom")
            and self._finds("id", network.id)
            and self._finds("name", network.name)
            and matches_labels(network.labels, self.filters.get("label", ()))
            and (self.dangling is None or self.dangling == (not used and not builtin))
        )

    def _has(self, key: str, value: str) -> bool:
        return value in self.filters.get(key, (value,))

    def _finds(self, key: str, value: str) -> bool:
        return matches_pattern(self.filters.get(key, (value,)), value)
