"""Images to send about, as archives that ``docker load`` takes: of many files, of one big file, of many layers."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

MEGABYTE = 1 << 20
BIG = 500 * MEGABYTE
FILES = 10_000
BYTES = 280_000_000
# Many small files first, then large ones until the size is reached: what every Debian has below /usr.
SMALL = ("/usr/lib/python3", "/usr/share", "/usr/include")
LARGE = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/bin")
LAYERS = 20
FILES_OF_A_LAYER = 20
SIZE_IN_A_LAYER = 20_000


@dataclass(frozen=True)
class SampleImage:
    """What an image is made of: functions that write its layers, from the lowest. ``name`` is a word in references."""

    name: str
    title: str
    layers: tuple[Callable[[tarfile.TarFile], None], ...]


@dataclass(frozen=True)
class Archive:
    """A file as ``docker save`` would write it, and the image's name in it."""

    path: Path
    image: str


def write(sample: SampleImage, path: Path, image: str) -> Archive:
    """Write an image to ``path``, uncompressed."""
    diff_ids = []
    with tarfile.open(path, "w") as tar:
        for number, write_layer in enumerate(sample.layers):
            layer = path.with_suffix(".layer")
            # dereference: a hard link within the tree would be written as one, and cost next to nothing.
            with tarfile.open(layer, "w", dereference=True) as content:
                write_layer(content)
            with layer.open("rb") as file:
                diff_ids.append(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
            tar.add(layer, f"{number}.tar")
            layer.unlink()
        names = [f"{number}.tar" for number in range(len(sample.layers))]
        _add(tar, "manifest.json", _json([{"Config": "config.json", "RepoTags": [image], "Layers": names}]))
        _add(tar, "config.json", _json(_config(diff_ids)))
    return Archive(path, image)


def write_big_file(path: Path) -> None:
    """500 MB, half of which compresses well and half not at all."""
    with path.open("wb") as file:
        for _ in range(BIG // MEGABYTE):
            file.write(os.urandom(MEGABYTE // 2))
            file.write(b"a line of text  " * (MEGABYTE // 32))


def _config(diff_ids: list[str]) -> dict[str, object]:
    return {
        "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64",
        "os": "linux",
        "config": {"Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "benchmark"} for _ in diff_ids],
    }


def _many_files(layer: tarfile.TarFile) -> None:
    folders: set[Path] = set()
    for path in _choice():
        for folder in reversed(path.parents[:-1]):
            if folder not in folders:
                folders.add(folder)
                layer.add(folder, recursive=False)
        layer.add(path, recursive=False)


def _big_file(layer: tarfile.TarFile) -> None:
    path = Path(str(layer.name)).with_suffix(".content")
    write_big_file(path)
    layer.add(path, "big")
    path.unlink()


def _small_layer(number: int, layer: tarfile.TarFile) -> None:
    for file in range(FILES_OF_A_LAYER):
        _add(layer, f"layer{number}/{file}", os.urandom(SIZE_IN_A_LAYER // 2) + bytes(SIZE_IN_A_LAYER // 2))


def _choice() -> Iterator[Path]:
    """About 10,000 files and 280 MB as far as this machine has them."""
    files = size = 0
    for path, length in _regular_files(SMALL):
        if files == FILES or size > BYTES:
            break
        files, size = files + 1, size + length
        yield path
    for path, length in _regular_files(LARGE):
        if size + length <= BYTES:
            size += length
            yield path


def _regular_files(tops: tuple[str, ...]) -> Iterator[tuple[Path, int]]:
    """(path, size), in an order that is the same every time."""
    for top in tops:
        for folder, subfolders, names in os.walk(top):
            subfolders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    yield path, path.stat().st_size


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


MANY_FILES = SampleImage("many", "many files", (_many_files,))
BIG_FILE = SampleImage("big", "one 500 MB file", (_big_file,))
SMALL_LAYERS = SampleImage("layers", f"{LAYERS} small layers", tuple(partial(_small_layer, n) for n in range(LAYERS)))
