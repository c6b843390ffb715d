"""Names in paths are forgotten with the paths.

Before Python 3.14 ``pathlib`` interns each part of each path, and a daemon meets new ones with each container. From
Python 3.12.0 to 3.12.5 what is interned stays for ever (python/cpython, issue 121780); with others the table of
interned strings is filled with gaps, and made anew twice as large.
"""

import sys
from types import ModuleType
from typing import Any


class _Sys(ModuleType):
    """``sys`` but for one function."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def intern(self, text: str) -> str:
        return text


def stop_interning_paths() -> None:
    """In this process, from now on."""
    for name in ("pathlib", "pathlib._local"):
        names = vars(sys.modules.get(name, sys))
        if names.get("sys") is sys:
            names["sys"] = _Sys("sys")
