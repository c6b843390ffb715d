"""The engine in Prometheus' text format. Names and help are those of dockerd's metrics."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from wherry.api.translate.containers import DRIVER
from wherry.model.system import Counts, Info

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ABOUT = {
    "engine_daemon_container_states_containers": ("gauge", "The count of containers in various states"),
    "engine_daemon_engine_cpus_cpus": ("gauge", "The number of cpus that the host system of the engine has"),
    "engine_daemon_engine_info": ("gauge", "The information related to the engine and the OS it is running on"),
    "engine_daemon_engine_memory_bytes": (
        "gauge",
        "The number of bytes of memory that the host system of the engine has",
    ),
    "engine_daemon_events_subscribers_total": ("gauge", "The number of current subscribers to events"),
    "engine_daemon_events_total": ("counter", "The number of events logged"),
    "process_cpu_seconds_total": ("counter", "Total user and system CPU time spent in seconds."),
    "process_open_fds": ("gauge", "Number of open file descriptors."),
    "process_resident_memory_bytes": ("gauge", "Resident memory size in bytes."),
}
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class ProcessUsage(Struct, frozen=True, kw_only=True):
    """What the daemon's process uses: seconds of CPU, bytes of memory, open files."""

    cpu: float
    memory: int
    open_files: int


def exposition(info: Info, *, events: int, process: ProcessUsage) -> str:
    """All metrics; ``events`` is how many were published."""
    samples: dict[str, dict[str, float]] = {
        "engine_daemon_container_states_containers": _states(info.containers),
        "engine_daemon_engine_cpus_cpus": {"": info.facts.cpus},
        "engine_daemon_engine_info": {_labels(_engine_labels(info)): 1},
        "engine_daemon_engine_memory_bytes": {"": info.facts.memory},
        "engine_daemon_events_subscribers_total": {"": info.listeners},
        "engine_daemon_events_total": {"": events},
        "process_cpu_seconds_total": {"": process.cpu},
        "process_open_fds": {"": process.open_files},
        "process_resident_memory_bytes": {"": process.memory},
    }
    return "".join(f"{line}\n" for name, values in samples.items() for line in _metric(name, values))


def _metric(name: str, samples: Mapping[str, float]) -> Iterator[str]:
    """``samples`` by their labels."""
    kind, text = _ABOUT[name]
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples.items():
        yield f"{name}{labels} {value}"


def _states(counts: Counts) -> dict[str, float]:
    by_name = {"paused": counts.paused, "running": counts.running, "stopped": counts.stopped}
    return {_labels({"state": name}): count for name, count in by_name.items()}


def _engine_labels(info: Info) -> dict[str, str]:
    return {
        "architecture": info.facts.architecture,
        "commit": info.settings.commit,
        "daemon_id": info.settings.id,
        "graphdriver": DRIVER,
        "kernel": info.facts.kernel,
        "os": info.facts.operating_system,
        "os_type": "linux",
        "os_version": info.facts.os_version,
        "version": info.settings.version,
    }


def _labels(labels: Mapping[str, str]) -> str:
    pairs = (f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}"
