"""What is imported when it is needed: functions named in tables, and packages of others."""

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


def find_packages() -> None:
    """From now on packages that are installed can be imported: the start script does without ``site``."""
    import site

    if sys.flags.no_site:
        site.main()
