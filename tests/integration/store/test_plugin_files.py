"""Files of managed plugins: roots of layers."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from wherry.errors import CorruptLayer
from wherry.store.plugins import PluginFiles
from wherry.store.programs.children import Child
from wherry.threads import Threads

pytestmark = pytest.mark.root

REVISION = "r" * 64


@pytest.fixture
def files(tmp_path: Path) -> Iterator[PluginFiles]:
    threads = Threads(2, "test")
    yield PluginFiles(tmp_path / "plugins", threads, Child)
    threads.shutdown()


def layer(**members: str) -> bytes:
    """A layer with these files; ``_`` is how a whiteout is begun."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name.replace("_", ".wh."))
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return gzip.compress(file.getvalue())


async def stored(files: PluginFiles, blob: bytes) -> str:
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"

    async def chunks() -> AsyncIterator[bytes]:
        yield blob

    await files.blobs(REVISION).ingest(chunks(), digest, len(blob))
    return digest


async def test_a_root_is_what_all_its_layers_make(files: PluginFiles) -> None:
    await files.begin(REVISION)
    below, above = layer(a="1", b="1", c="1"), layer(a="2", _b="", d="2")
    await files.assemble(REVISION, (await stored(files, below), await stored(files, above)))

    root = files.root(REVISION)
    assert {path.name: path.read_text() for path in root.iterdir()} == {"a": "2", "c": "1", "d": "2"}
    assert sorted(os.listdir(root.parent)) == ["blobs", "rootfs"]


async def test_what_is_no_layer_is_told(files: PluginFiles) -> None:
    await files.begin(REVISION)
    with pytest.raises(CorruptLayer):
        await files.assemble(REVISION, (await stored(files, b"\x1f\x8b nothing"),))
    await files.remove(REVISION)
    assert files.names() == ()
