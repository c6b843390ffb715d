"""An image of many files in one layer, made of what every Debian has below /usr."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = 10_000
BYTES = 280_000_000
# Many small files first, then large ones until the size is reached.
SMALL = ("/usr/lib/python3", "/usr/share", "/usr/include")
LARGE = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/bin")


@dataclass(frozen=True)
class ManyFiles:
    """The archive as ``docker save`` would write it, the image's name in it, and how much it holds."""

    archive: Path
    image: str
    files: int
    size: int


def write_image(archive: Path, image: str) -> ManyFiles:
    """Write an image archive; it has about 10,000 files and 280 MB as far as this machine has them."""
    layer = archive.with_suffix(".layer")
    files, size = _write_layer(layer)
    with layer.open("rb") as content:
        diff_id = hashlib.file_digest(content, "sha256").hexdigest()
    config = {
        "architecture": "amd64" if os.uname().machine == "x86_64" else "arm64",
        "os": "linux",
        "config": {"Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "benchmark"}],
    }
    manifest = [{"Config": "config.json", "RepoTags": [image], "Layers": ["layer.tar"]}]
    with tarfile.open(archive, "w") as tar:
        _add(tar, "manifest.json", json.dumps(manifest).encode())
        _add(tar, "config.json", json.dumps(config).encode())
        tar.add(layer, "layer.tar")
    layer.unlink()
    return ManyFiles(archive, image, files, size)


def _write_layer(layer: Path) -> tuple[int, int]:
    files = size = 0
    folders: set[Path] = set()
    # dereference: a hard link within the tree would be written as one, and cost next to nothing.
    with tarfile.open(layer, "w", dereference=True) as tar:
        for path, length in _choice():
            for folder in reversed(path.parents[:-1]):
                if folder not in folders:
                    folders.add(folder)
                    tar.add(folder, recursive=False)
            tar.add(path, recursive=False)
            files, size = files + 1, size + length
    return files, size


def _choice() -> Iterator[tuple[Path, int]]:
    files = size = 0
    for path, length in _regular_files(SMALL):
        if files == FILES or size > BYTES:
            break
        files, size = files + 1, size + length
        yield path, length
    for path, length in _regular_files(LARGE):
        if size + length <= BYTES:
            size += length
            yield path, length


def _regular_files(tops: tuple[str, ...]) -> Iterator[tuple[Path, int]]:
    """(path, size), in an order that is the same every time."""
    for top in tops:
        for folder, subfolders, names in os.walk(top):
            subfolders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    yield path, path.stat().st_size


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
