"""Every way in which the engine touches the world.

The edge packages fill these protocols structurally and hold no policy; ``wiring`` joins them; tests use fakes. Removals
are idempotent: what is already gone is no error. Nothing here blocks the event loop.
"""

from wherry.engine.ports.building import BuildFiles, CacheFolders, Mirrors, StackFiles, StepFiles, StepFolder, Wire
from wherry.engine.ports.collectors import CollectorConnection, Collectors
from wherry.engine.ports.content import Content, ImageArchives, Layers, Snapshots
from wherry.engine.ports.files import ContainerFiles, LogReaders, Logs, ViewFiles, VolumeFiles
from wherry.engine.ports.host import DeviceNodes, Host, Mounts, RootFiles, UserNamespaces
from wherry.engine.ports.networking import NameServers, Networking, Respond
from wherry.engine.ports.plugins import PluginFiles, Plugins
from wherry.engine.ports.records import Records, Table
from wherry.engine.ports.registry import Git, Registry, Web
from wherry.engine.ports.runtime import Console, ExecSession, Runtime
from wherry.engine.ports.time import Chance, Clock

__all__ = [
    "BuildFiles",
    "CacheFolders",
    "Chance",
    "Clock",
    "CollectorConnection",
    "Collectors",
    "Console",
    "ContainerFiles",
    "Content",
    "DeviceNodes",
    "ExecSession",
    "Git",
    "Host",
    "ImageArchives",
    "Layers",
    "LogReaders",
    "Logs",
    "Mirrors",
    "Mounts",
    "NameServers",
    "Networking",
    "PluginFiles",
    "Plugins",
    "Records",
    "Registry",
    "Respond",
    "RootFiles",
    "Runtime",
    "Snapshots",
    "StackFiles",
    "StepFiles",
    "StepFolder",
    "Table",
    "UserNamespaces",
    "ViewFiles",
    "VolumeFiles",
    "Web",
    "Wire",
]
