"""wherry: a container engine, as a library.

    async with wherry.open_engine(root="/var/lib/sandboxes") as engine:
        result = await wherry.run(engine, wherry.ContainerSpec(image="busybox", command=("echo", "hi")))
        print(result.exit_code, result.stdout)

Names are loaded when they are first used: the command line imports this package too, and must start in no time.
"""

TYPE_CHECKING = False  # typing's own costs the command line 2 ms
if TYPE_CHECKING:
    from wherry.errors import WherryError
    from wherry.library import Result, open_engine, run
    from wherry.model.container import ContainerSpec, HostSpec
    from wherry.model.reference import Reference
    from wherry.model.resources import Resources

__all__ = ["ContainerSpec", "HostSpec", "Reference", "Resources", "Result", "WherryError", "open_engine", "run"]

_HOMES = {
    "ContainerSpec": "wherry.model.container",
    "HostSpec": "wherry.model.container",
    "Reference": "wherry.model.reference",
    "Resources": "wherry.model.resources",
    "Result": "wherry.library",
    "WherryError": "wherry.errors",
    "open_engine": "wherry.library",
    "run": "wherry.library",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'wherry' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
