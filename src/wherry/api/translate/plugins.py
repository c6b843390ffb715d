"""Managed plugins ↔ what ``plugin inspect`` shows, and what is granted to them."""

import msgspec
from msgspec import UNSET

from wherry.model.plugin import Plugin, PluginPrivilege
from wherry.wire.plugin import PluginPrivilege as PrivilegeShape
from wherry.wire.plugin import PluginResource


def plugin_resource(plugin: Plugin) -> PluginResource:
    """The records and the shapes have the same fields."""
    resource = msgspec.convert(plugin, PluginResource, from_attributes=True)
    interface = resource.config.interface
    interface.protocol_scheme = interface.protocol_scheme or UNSET
    return resource


def privilege_resource(privilege: PluginPrivilege) -> PrivilegeShape:
    return PrivilegeShape(name=privilege.name, description=privilege.description, value=list(privilege.value))


def privilege(shape: PrivilegeShape) -> PluginPrivilege:
    return PluginPrivilege(name=shape.name, description=shape.description, value=tuple(shape.value or ()))
