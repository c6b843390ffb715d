"""What the daemon tells the world when it was told something anew (moby ``daemon/reload.go``)."""

from collections.abc import Iterable

import msgspec

from wherry.model.host import HostFacts
from wherry.model.system import Reloadable, Settings
from wherry.plan.containers.namespaces import usual_cgroup_namespace


def attributes(told: Reloadable, settings: Settings, facts: HostFacts, runtime: str) -> dict[str, str]:
    """The attributes of the event; ``runtime`` is the default one."""
    registries = told.registries
    return {
        "debug": _bool(told.debug),
        "default-cgroupns-mode": settings.defaults.cgroup_namespace or usual_cgroup_namespace(facts),
        "default-ipc-mode": "private",
        "default-runtime": runtime,
        "default-shm-size": str(settings.defaults.shm_size),
        "features": "map[]",
        "insecure-registries": _list(registries.insecure),
        "labels": _list(told.labels),
        "live-restore": _bool(told.live_restore),
        "max-concurrent-downloads": str(registries.max_downloads),
        "max-concurrent-uploads": str(registries.max_uploads),
        "max-download-attempts": str(registries.max_attempts),
        "name": facts.hostname,
        "registry-mirrors": _list(registries.mirrors),
        "runtimes": " ".join(f"{name}:{path}" for name, path in sorted(told.runtimes.items())),
        "shutdown-timeout": str(told.shutdown_timeout),
    }


def _bool(value: bool) -> str:
    return str(value).lower()


def _list(values: Iterable[str]) -> str:
    return msgspec.json.encode(list(values)).decode()
