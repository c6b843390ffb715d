"""Small texts of images, read from the directories of their layers."""

import os
import stat
from pathlib import Path

import pytest

from wherry.store.trees.stacks import read_text

pytestmark = pytest.mark.root


def made(tmp_path: Path, name: str) -> Path:
    tree = tmp_path / name
    (tree / "etc").mkdir(parents=True)
    return tree


def test_the_uppermost_layer_tells(tmp_path: Path) -> None:
    upper, lower = made(tmp_path, "upper"), made(tmp_path, "lower")
    (upper / "etc/passwd").write_text("upper")
    (lower / "etc/passwd").write_text("lower")
    (lower / "etc/group").write_text("group")
    assert read_text((upper, lower), "/etc/passwd") == "upper"
    assert read_text((upper, lower), "/etc/group") == "group"
    assert read_text((upper, lower), "/etc/shadow") == ""


def test_a_link_stays_within_the_stack(tmp_path: Path) -> None:
    tree = made(tmp_path, "tree")
    (tree / "etc/hosts").symlink_to("/etc/hostname")
    assert read_text((tree,), "/etc/hosts") == ""
    (tree / "etc/hostname").write_text("box")
    assert read_text((tree,), "/etc/hosts") == "box"


def test_a_device_of_an_image_is_not_opened(tmp_path: Path) -> None:
    tree = made(tmp_path, "tree")
    os.mknod(tree / "etc/passwd", stat.S_IFCHR | 0o644, os.makedev(1, 5))  # /dev/zero
    assert read_text((tree,), "/etc/passwd") == ""
