"""Layers as gzip: in blocks, by several threads, and one stream."""

import gzip
import hashlib
import os
import random
import zlib
from pathlib import Path

import pytest

from wherry.errors import CorruptLayer
from wherry.store.layers.gzip import BLOCK, gzipped

TEXT = b"".join(b"line %d of a text\n" % number for number in range(40_000))
NOISE = random.Random(1).randbytes(2 * BLOCK + 5)


def layer(folder: Path, content: bytes) -> tuple[Path, str]:
    """A blob and its diff ID."""
    blob = folder / "blob"
    blob.write_bytes(content)
    return blob, f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.mark.parametrize(
    "content",
    [b"", b"a", TEXT, NOISE, TEXT + NOISE + TEXT, TEXT[:BLOCK], TEXT[: BLOCK + 1]],
    ids=["nothing", "a byte", "text", "noise", "both", "a block", "a block and a byte"],
)
def test_what_is_compressed_is_read_back(tmp_path: Path, content: bytes) -> None:
    assert gzip.decompress(b"".join(gzipped(*layer(tmp_path, content)))) == content


def test_a_text_is_as_small_as_in_one_piece(tmp_path: Path) -> None:
    made = b"".join(gzipped(*layer(tmp_path, TEXT)))
    assert len(made) < 1.02 * len(zlib.compress(TEXT, 5))


def test_noise_grows_by_next_to_nothing(tmp_path: Path) -> None:
    assert len(b"".join(gzipped(*layer(tmp_path, NOISE)))) < len(NOISE) + 200


def test_the_number_of_processors_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = set()
    for processors in (1, 2, 7):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=processors: range(count))
        made.add(b"".join(gzipped(*layer(tmp_path, TEXT + NOISE))))
    assert len(made) == 1


def test_a_layer_with_another_digest_is_refused(tmp_path: Path) -> None:
    blob, _ = layer(tmp_path, TEXT)
    with pytest.raises(CorruptLayer, match="was changed on disk"):
        list(gzipped(blob, f"sha256:{'0' * 64}"))
