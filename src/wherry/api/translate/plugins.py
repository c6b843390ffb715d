"""Managed plugins → what ``plugin inspect`` shows."""

import msgspec
from msgspec import UNSET

from wherry.model.plugin import Plugin
from wherry.wire.plugin import PluginResource


def plugin_resource(plugin: Plugin) -> PluginResource:
    """The records and the shapes have the same fields."""
    resource = msgspec.convert(plugin, PluginResource, from_attributes=True)
    interface = resource.config.interface
    interface.protocol_scheme = interface.protocol_scheme or UNSET
    return resource
