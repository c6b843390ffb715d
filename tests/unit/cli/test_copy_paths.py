"""The rules of ``cp`` on paths."""

from pathlib import Path

import pytest

from wherry.cli.copying import paths as copypaths
from wherry.cli.copying.paths import Copied
from wherry.cli.session import CommandError


@pytest.mark.parametrize(
    ("argument", "split"),
    [
        ("box:/etc", ("box", "/etc")),
        ("box:", ("box", "")),
        ("/a:b", ("", "/a:b")),
        ("./a:b", ("", "./a:b")),
        ("file", ("", "file")),
        ("box:a:b", ("box", "a:b")),
        ("-", ("", "-")),
    ],
)
def test_which_end_is_a_container(argument: str, split: tuple[str, str]) -> None:
    assert copypaths.split_argument(argument) == split


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/a/b", ("/a", "b")),
        ("/a/b/", ("/a", "b")),
        ("/a/.", ("/a", ".")),
        ("a", (".", "a")),
        ("/", ("/", "/")),
        ("/a/../b", ("/", "b")),
    ],
)
def test_a_directory_and_a_name_in_it(path: str, entry: tuple[str, str]) -> None:
    assert copypaths.split_entry(path) == entry


@pytest.mark.parametrize(
    ("path", "rest"), [("a", "/a"), ("a/", "/a/"), ("a/.", "/a/."), (".", "/."), ("./a/../b", "/b"), ("..", None)]
)
def test_absolute_paths(path: str, rest: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert copypaths.absolute(path) == (f"{tmp_path}{rest}" if rest else str(tmp_path.parent))


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("/a/link", "/b/file", ("/b/file", "link")),
        ("/a/link/", "/b/dir", ("/b/dir/", "link")),
        ("/a/link/.", "/b/dir", ("/b/dir/.", "")),
        ("/a/same", "/b/same", ("/b/same", "")),
    ],
)
def test_a_link_that_is_followed_keeps_its_name(path: str, target: str, expected: tuple[str, str]) -> None:
    assert copypaths.followed(path, target) == expected


FILE, DIRECTORY = Copied("/s/file", exists=True), Copied("/s/dir", exists=True, is_directory=True)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (FILE, Copied("/t", exists=True, is_directory=True), ("/t", "file")),
        (FILE, Copied("/t/old", exists=True), ("/t", "old")),
        (FILE, Copied("/t/new"), ("/t", "new")),
        (DIRECTORY, Copied("/t", exists=True, is_directory=True), ("/t", "dir")),
        (DIRECTORY, Copied("/t/new/"), ("/t", "new")),
        (Copied("/s/dir/.", exists=True, is_directory=True), Copied("/t/new"), ("/t", "new")),
        (
            Copied("/s/dir/.", exists=True, is_directory=True),
            Copied("/t", exists=True, is_directory=True),
            ("/t", "."),
        ),
        (Copied("/s/x", exists=True, rebase="link"), Copied("/t", exists=True, is_directory=True), ("/t", "link")),
    ],
)
def test_where_it_arrives_and_under_which_name(source: Copied, target: Copied, expected: tuple[str, str]) -> None:
    assert copypaths.placed(source, target) == expected


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        (DIRECTORY, Copied("/t/old", exists=True), "cannot copy directory"),
        (FILE, Copied("/t/new/"), "no such directory"),
        (FILE, Copied("/t/new/."), "no such directory"),
    ],
)
def test_what_cannot_arrive(source: Copied, target: Copied, text: str) -> None:
    with pytest.raises(CommandError, match=f"^{text}$"):
        copypaths.placed(source, target)
