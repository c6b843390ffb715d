"""An engine that is killed while it writes: what it was told to be written is there, and nothing is half."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from wherry.store.store import Store

pytestmark = pytest.mark.root

WRITER = """
import asyncio, sys
from pathlib import Path
from wherry.model.volume import Volume
from wherry.store.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]))
    for number in range(10**9):
        name = f"v{number}"
        digest = await store.content.put(name.encode() * 5000)
        await store.volumes.create(name)
        await store.records.volumes.put(Volume(name=name, options={"digest": digest}))
        if number % 3 == 0:
            await store.records.volumes.delete(name)
            await store.volumes.remove(name)
        print(number, flush=True)

asyncio.run(main())
"""


def write_and_die(root: Path, rounds: int) -> int:
    """The last round that the writer told before it was killed in the middle of a later one."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        told = -1
        while told < rounds:
            told = int(writer.stdout.readline())
        writer.kill()
    return told


@pytest.mark.parametrize("rounds", [1, 7, 40])
async def test_a_killed_engine_leaves_a_consistent_root(tmp_path: Path, rounds: int) -> None:
    told = write_and_die(tmp_path, rounds)
    store = await Store.open(tmp_path)
    await store.content.sweep()
    names = {volume.name for volume in store.records.volumes.all()}
    assert names >= {f"v{number}" for number in range(told + 1) if number % 3}
    assert not names & {f"v{number}" for number in range(told + 1) if number % 3 == 0}
    for volume in store.records.volumes.all():
        data = await store.content.read(volume.options["digest"])
        assert data == volume.name.encode() * 5000
        assert store.volumes.path(volume.name).is_dir()
    for digest in store.content.digests():
        assert hashlib.sha256(store.content.path(digest).read_bytes()).hexdigest() == digest.removeprefix("sha256:")
    await store.close()
    assert not list((tmp_path / "blobs/tmp").iterdir())
    assert not [left for left in (tmp_path / "volumes").iterdir() if left.name.startswith(".")]
