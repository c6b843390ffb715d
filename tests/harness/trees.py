"""Trees of files that know their checksums: a container can tell whether those of its image are whole."""

import hashlib
from pathlib import Path

LABEL = "test.trees"
"""On an image: how many trees it has, each in a folder at the top."""

CHECK = """\
found=0
for sums in /*/sums; do
    [ -e $sums ] || continue
    cd ${sums%/*} && sha256sum -s -c sums || exit 1
    found=$((found + 1))
done
[ $found = $1 ]
"""
"""A shell's, with the number of trees that there should be as ``$1``: fails if one of them lacks a byte."""


def grow(tree: Path, files: int, size: int) -> Path:
    """Make a tree of ``files`` files of ``size`` bytes."""
    tree.mkdir(parents=True)
    sums = ""
    for number in range(files):
        content = bytes([number % 251]) * size
        (tree / f"file{number}").write_bytes(content)
        sums += f"{hashlib.sha256(content).hexdigest()}  file{number}\n"
    (tree / "sums").write_text(sums)
    return tree
