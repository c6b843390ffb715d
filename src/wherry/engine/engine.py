"""The engine as a whole."""

from typing import TYPE_CHECKING

from msgspec import Struct

from wherry.engine.authorization import Authorization
from wherry.engine.containers import Containers
from wherry.engine.containers.copying import Copying
from wherry.engine.containers.execs import Execs
from wherry.engine.events import Events
from wherry.engine.images import Images
from wherry.engine.networks import Networks
from wherry.engine.system import System
from wherry.engine.volumes import Volumes

if TYPE_CHECKING:  # made when they are first used
    from wherry.engine.archives import Archives
    from wherry.engine.containers.committing import Committing
    from wherry.engine.plugins import ManagedPlugins
    from wherry.engine.registries import Registries
    from wherry.engine.transfer import Transfer


class Engine(Struct, frozen=True, kw_only=True):
    """All services of one engine. It has fields and no methods: what it can do is what they can do."""

    containers: Containers
    execs: Execs
    copying: Copying
    committing: "Committing"
    images: Images
    transfer: "Transfer"
    registries: "Registries"
    archives: "Archives"
    networks: Networks
    volumes: Volumes
    managed_plugins: "ManagedPlugins"
    events: Events
    authorization: Authorization
    system: System
