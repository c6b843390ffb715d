"""The one package that names concrete classes: it builds the edges and the services, and closes them in reverse.

`edges`, which touch the world → what services have in common (`shared`) → what containers stand on (`foundation`) →
their `verbs` → the services (`containers`, `images`, `builds`, `system`) → the `engine`.
"""

from wherry.wiring.config import DATA_ROOT, EXEC_ROOT, EngineConfig, bridge_of, exec_root_of
from wherry.wiring.engine import open_engine

__all__ = ["DATA_ROOT", "EXEC_ROOT", "EngineConfig", "bridge_of", "exec_root_of", "open_engine"]
