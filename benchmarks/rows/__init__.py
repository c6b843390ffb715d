"""All benchmarks, in the order of the report."""

from ..benchmark import Benchmark
from .api import lifecycle
from .commands import exec_true, list_containers
from .daemon import growth, idle, per_container, start
from .images import load, pull
from .network import published_port
from .parallel import parallel_api, parallel_commands
from .run import run_bridge, run_none, run_published
from .streams import exec_stream, read_logs

ALL: tuple[Benchmark, ...] = (
    lifecycle,
    run_bridge,
    run_none,
    run_published,
    exec_true,
    list_containers,
    parallel_commands,
    parallel_api,
    read_logs,
    exec_stream,
    published_port,
    pull,
    load,
    start,
    idle,
    per_container,
    growth,
)
