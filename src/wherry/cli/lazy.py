"""Functions named in tables and imported when they are needed."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def load(package: str, target: str) -> "Any":
    """``module:function`` of a package below ``wherry.cli``; only that module is imported."""
    module, _, function = target.partition(":")
    name = f"{__package__}.{package}.{module}"
    __import__(name)
    return getattr(sys.modules[name], function)
