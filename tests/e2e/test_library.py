"""The engine inside another program: the example of the README, word for word."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.embedded import IMPORT
from tests.harness.engine import Host
from wherry.wiring import EngineConfig, exec_root_of

README = Path(__file__).parents[2] / "README.md"

USE = """
import asyncio, sys
import wherry

async def main():
    async with wherry.open_engine(root=sys.argv[1]) as engine:
        spec = wherry.ContainerSpec(image="busybox", command=("sh", "-c", "cat; echo oops >&2; exit 3"))
        print(await wherry.run(engine, spec, stdin=b"typed"))
        try:
            await wherry.run(engine, wherry.ContainerSpec(image="nothing", command=("true",)))
        except wherry.WherryError as error:
            print(type(error).__name__, error)
        print(len(engine.containers.all()))

asyncio.run(main())
"""


@pytest.fixture
def root(host: Host, disk: Path, busybox: Path, tmp_path: Path) -> Iterator[Path]:
    root = disk / f"library-{tmp_path.name}"
    run_python(host, IMPORT, root, busybox)
    yield root
    shutil.rmtree(exec_root_of(EngineConfig(data_root=root)))


def run_python(host: Host, code: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return host.run([sys.executable, "-W", "error", "-c", code, *arguments])


@pytest.mark.root
def test_the_example_of_the_readme_runs(host: Host, root: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert block is not None
    code = block[1].replace('"/var/lib/sandboxes"', f'"{root}"')
    assert run_python(host, code).stdout == "0 b'hi\\n'\n"


@pytest.mark.root
def test_a_program_gets_output_exit_code_and_errors_and_leaves_nothing(host: Host, root: Path) -> None:
    lines = run_python(host, USE, root).stdout.splitlines()
    assert lines == [
        "Result(exit_code=3, stdout=b'typed', stderr=b'oops\\n')",
        "NoSuchImage No such image: nothing:latest",
        "0",
    ]


ECHO = """
import asyncio, sys
import wherry

async def main():
    async with wherry.open_engine(root=sys.argv[1]) as engine:
        much = bytes(8 << 20)
        spec = wherry.ContainerSpec(image="busybox", command=("cat",))
        print((await asyncio.wait_for(wherry.run(engine, spec, stdin=much), 30)).stdout == much)
        spec = wherry.ContainerSpec(image="busybox", command=("true",))
        print((await asyncio.wait_for(wherry.run(engine, spec, stdin=much), 30)).exit_code)

asyncio.run(main())
"""


@pytest.mark.root
def test_input_and_output_may_be_large_and_input_need_not_be_read(host: Host, root: Path) -> None:
    assert run_python(host, ECHO, root).stdout == "True\n0\n"
