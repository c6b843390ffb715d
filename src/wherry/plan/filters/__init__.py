"""Filters: what ``--filter`` asks for, read once, and whether a record meets it. Pure.

Values of one key are alternatives, keys must all be met; labels must all be met too.
"""

from wherry.plan.filters.containers import CONTAINER_FILTERS, ContainerFilter, port_range
from wherry.plan.filters.events import matches
from wherry.plan.filters.images import IMAGE_FILTERS, ImageFilter, matches_reference
from wherry.plan.filters.networks import NETWORK_FILTERS, NetworkFilter
from wherry.plan.filters.parse import (
    Filters,
    matches_labels,
    matches_pattern,
    parse_filters,
    parse_flag,
    parse_labels,
    parse_until,
)
from wherry.plan.filters.plugins import PLUGIN_FILTERS, PluginFilter
from wherry.plan.filters.search import SEARCH_FILTERS, SearchFilter
from wherry.plan.filters.volumes import VOLUME_FILTERS, VolumeFilter

__all__ = [
    "CONTAINER_FILTERS",
    "IMAGE_FILTERS",
    "NETWORK_FILTERS",
    "PLUGIN_FILTERS",
    "SEARCH_FILTERS",
    "VOLUME_FILTERS",
    "ContainerFilter",
    "Filters",
    "ImageFilter",
    "NetworkFilter",
    "PluginFilter",
    "SearchFilter",
    "VolumeFilter",
    "matches",
    "matches_labels",
    "matches_pattern",
    "matches_reference",
    "parse_filters",
    "parse_flag",
    "parse_labels",
    "parse_until",
    "port_range",
]
