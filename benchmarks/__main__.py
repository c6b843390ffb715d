"""The command line: choose benchmarks, run them, print and store what came out."""

import argparse
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from . import facts, report
from .benchmark import Benchmark
from .contestants import TIMEOUT, Contestant, Engine
from .daemons import DaemonFailed
from .race import Outcome, race
from .rows import ALL
from .workbench import Workbench

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The variables that name other engines and their network namespaces.
OTHERS = {
    report.DOCKERD: ("BENCH_DOCKER_HOST", "BENCH_DOCKER_NETNS"),
    report.PODMAN: ("BENCH_PODMAN_HOST", "BENCH_PODMAN_NETNS"),
}
ENVIRONMENT = """\
environment:
  BENCH_DOCKER_HOST    unix:///… of a dockerd to measure beside wherry
  BENCH_DOCKER_NETNS   the network namespace it runs in, by its name in /run/netns; unset: this one
  BENCH_PODMAN_HOST    the same of podman's service
  BENCH_PODMAN_NETNS
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description="Measure wherry, beside a dockerd and podman if the environment names them. Needs root.",
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [benchmark.name for benchmark in ALL]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(names)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything there, all samples included")
    parser.add_argument("--rounds", type=int, metavar="N", help="samples a contestant (each benchmark has its own)")
    parser.add_argument("--quick", action="store_true", help="few rounds of the main rows: two minutes")
    parser.add_argument("--engine", choices=(report.WHERRY, *OTHERS), help="measure this one alone")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if options.engine in OTHERS and OTHERS[options.engine][0] not in os.environ:
        parser.error(f"{OTHERS[options.engine][0]} is not set")
    return options


def chosen(options: argparse.Namespace) -> Iterator[tuple[Benchmark, int]]:
    """The benchmarks to run, each with its rounds."""
    for benchmark in ALL:
        rounds = options.rounds or (benchmark.quick_rounds if options.quick else benchmark.rounds)
        wanted = benchmark.name in options.names or not options.names
        if wanted and (benchmark.quick_rounds or not options.quick):
            yield benchmark, rounds


def gather(bench: Workbench, only: str | None) -> list[Contestant]:
    """Who takes part; each has the busybox image."""
    contestants = []
    for kind, (host, netns) in OTHERS.items():
        if only in (kind, None) and (url := os.environ.get(host)):
            contestants.append(Contestant(kind, Engine(kind, url, os.environ.get(netns, "")), "docker"))
    if only in (report.WHERRY, None):
        own = bench.own_engine()
        contestants.append(Contestant(report.WHERRY, own, "docker"))
        contestants.append(Contestant(report.WHERRY_CLI, own, bench.wherry))
    for contestant in contestants:
        if contestant.label != report.WHERRY_CLI:
            bench.bring_box(contestant)
    return contestants


def measure(
    bench: Workbench, contestants: Iterable[Contestant], benchmarks: Iterable[tuple[Benchmark, int]]
) -> Iterator[Outcome]:
    for benchmark, rounds in benchmarks:
        print(f"{benchmark.name}, {rounds} rounds …", file=sys.stderr, flush=True)
        yield from race(benchmark, [side for side in contestants if takes_part(side, benchmark)], bench, rounds)


def takes_part(side: Contestant, benchmark: Benchmark) -> bool:
    if benchmark.alone:
        return side.label == report.WHERRY
    return benchmark.own_client or side.label != report.WHERRY_CLI


def end(number: int, _: object) -> NoReturn:
    """End by a signal, with everything cleaned up."""
    ignore_signals()
    sys.exit(128 + number)


def ignore_signals() -> None:
    """What is cleaned up now is cleaned up to its end."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def main() -> int:
    """0, or 1 if something failed. An aim that is missed is no failure: this is a measurement, not a test."""
    options = parse(sys.argv[1:])
    for number in SIGNALS:
        signal.signal(number, end)
    socket.setdefaulttimeout(TIMEOUT)  # an engine that hangs is a failure of its row
    before = facts.load()
    try:
        with Workbench() as bench:
            contestants = gather(bench, options.engine)
            known = {**facts.machine(), **facts.engines({side.engine for side in contestants})}
            outcomes = list(measure(bench, contestants, chosen(options)))
            ignore_signals()
    except DaemonFailed as error:
        print(f"an engine did not start:\n{error}", file=sys.stderr)
        return 1
    known |= {"load before": before, "load after": facts.load()}
    print("\n".join(f"{name}: {value}" for name, value in known.items()))
    print()
    print(report.table(outcomes))
    if options.json:
        options.json.write_text(json.dumps(report.document(known, outcomes), indent=1, ensure_ascii=False) + "\n")
    return 1 if any(outcome.failures for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
