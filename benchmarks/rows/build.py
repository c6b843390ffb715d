"""A build of fifteen instructions, by BuildKit's protocol where the docker command is the client."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..benchmark import Row, Sampler, benchmark
from ..contestants import Contestant
from ..images import MEGABYTE
from ..spreading import spread_directories
from ..workbench import Workbench

SMALL_FILES = 2_000
FILES_OF_A_FOLDER = 100
BIG_FILE = 100 * MEGABYTE
DOCKERFILE = """\
FROM {box}
ARG GREETING=hello
ENV GREETING=$GREETING
LABEL purpose=benchmark
WORKDIR /app
COPY requirements /app/
RUN wc -l requirements > counted
COPY big /app/
RUN mkdir -p out && ls -l big > out/big
COPY files /app/files
RUN find files -type f | wc -l > out/count
RUN cat files/0/* > out/joined
RUN echo "$GREETING" > out/greeting
EXPOSE 8080
CMD ["cat", "/app/out/greeting"]
"""
WHAT = "15 instructions, 2,000 files, 100 MB"


@benchmark(
    "build",
    Row("build-cold", f"build, nothing cached ({WHAT})", "s", aim=0.5),
    Row("build-cached", "build, all cached", "s", aim=0.5),
    Row("build-changed", "build, one file of 2,000 changed", "s", aim=0.5),
    rounds=3,
    warm_ups=0,
    own_client=True,
)
def build(bench: Workbench, side: Contestant) -> Iterator[Sampler]:
    context = bench.folder / bench.name(side, "context")
    _write_context(context, bench.box)
    variables = {"DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(bench.client_config)}

    def sample() -> Mapping[str, float]:
        # A new daemon for each round has nothing in its cache.
        with bench.fresh_daemon(side) as (_, own), spread_directories(own):
            builder = replace(own, variables=variables)
            times = [_timed_build(builder, context) for _ in ("cold", "cached")]
            (context / "files/7/700").write_text(str(time.time_ns()))
            times.append(_timed_build(builder, context))
            own.remove_image("built")
            return dict(zip(("build-cold", "build-cached", "build-changed"), times, strict=True))

    try:
        yield sample
    finally:
        shutil.rmtree(context)


def _timed_build(side: Contestant, context: Path) -> float:
    os.sync()
    return side.seconds("build", "--quiet", "--tag", "built", context)


def _write_context(context: Path, box: str) -> None:
    for number in range(SMALL_FILES):
        path = context / "files" / str(number // FILES_OF_A_FOLDER) / str(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(2_000))
    (context / "big").write_bytes(os.urandom(BIG_FILE))
    (context / "requirements").write_text("one\ntwo\n")
    (context / "Dockerfile").write_text(DOCKERFILE.format(box=box))
