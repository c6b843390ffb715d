"""Which plugins ``plugin ls --filter`` means."""

from msgspec import Struct

from wherry.model.plugin import Plugin
from wherry.plan.filters.parse import Filters, parse_flag
from wherry.plan.plugins.config import has_capability

PLUGIN_FILTERS = frozenset(("capability", "enabled"))


class PluginFilter(Struct, frozen=True, kw_only=True):
    """All ``capabilities`` have to be there."""

    capabilities: tuple[str, ...]
    enabled: bool | None

    @classmethod
    def read(cls, filters: Filters) -> "PluginFilter":
        """Raises InvalidArgument for values that make no sense."""
        return cls(capabilities=filters.get("capability", ()), enabled=parse_flag(filters, "enabled"))

    def matches(self, plugin: Plugin) -> bool:
        return self.enabled in (None, plugin.enabled) and all(
            has_capability(plugin.config, capability) for capability in self.capabilities
        )
