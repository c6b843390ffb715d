"""All benchmarks, in the order of the report."""

from ..benchmark import Benchmark
from .api import lifecycle
from .build import build
from .commands import exec_true, list_5, list_50, list_500
from .daemon import growth, idle, per_container, start
from .files import commit, copy_big, copy_tree, diff
from .images import IMAGES
from .network import published_port, published_throughput
from .parallel import parallel_api, parallel_commands
from .run import run_bridge, run_none, run_published
from .streams import attach_stream, exec_stream, read_logs, write_logs

ALL: tuple[Benchmark, ...] = (
    lifecycle,
    run_bridge,
    run_none,
    run_published,
    exec_true,
    list_5,
    list_50,
    list_500,
    parallel_commands,
    parallel_api,
    write_logs,
    read_logs,
    exec_stream,
    attach_stream,
    published_port,
    published_throughput,
    *IMAGES,
    build,
    copy_big,
    copy_tree,
    commit,
    diff,
    start,
    idle,
    per_container,
    growth,
)
