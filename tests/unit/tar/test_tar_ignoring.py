"""What the context of ``docker build`` 26.1.5 has left out by the same lines was asked of it, but for exceptions that
begin with ``**``: BuildKit's clients find those in directories that are left out, and so does this."""

import io
import tarfile
from pathlib import Path

import pytest

from wherry.tar.builds.ignoring import Ignored, read_ignored
from wherry.tar.pack import pack

PATHS: tuple[str, ...] = (
    "README.md",
    "x.tmp",
    "a/f.md",
    "a/x.tmp",
    "a/b/f.md",
    "a/b/c/g.txt",
    "docs/x/y.md",
    ".hid/k",
    "sp ace/f",
    "a/*s",
)


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("*.tmp", {"x.tmp"}),
        ("**/*.tmp", {"x.tmp", "a/x.tmp"}),
        ("/a/", {"a/f.md", "a/x.tmp", "a/b/f.md", "a/b/c/g.txt", "a/*s"}),
        ("a/b/../b/c", {"a/b/c/g.txt"}),
        ("*\n!a/b", set(PATHS) - {"a/b/f.md", "a/b/c/g.txt"}),
        ("*\n!**/*.md", set(PATHS) - {"README.md", "a/f.md", "a/b/f.md", "docs/x/y.md"}),
        ("a\n!a/b/c", {"a/f.md", "a/x.tmp", "a/b/f.md", "a/*s"}),
        ("# a\n  x.tmp  \n\n", {"x.tmp"}),
        ("docs/**\n!docs/x/y.md", set()),
        ("**", set(PATHS)),
        ("*/*.md", {"a/f.md"}),
        ("a/**/f.md", {"a/f.md", "a/b/f.md"}),
        (".*", {".hid/k"}),
        ("!README.md\n*.md\n!README.md", set()),
        ("*.md\n!README*.md\nREADME.md", {"README.md"}),
        ("sp ace", {"sp ace/f"}),
        ("a/\\*s", {"a/*s"}),
        ("[^a-d.R]*", {"x.tmp", "sp ace/f"}),
        (".\n/", set()),
    ],
)
def test_paths_that_are_left_out(text: str, ignored: set[str]) -> None:
    rules = read_ignored(text)
    assert {path for path in PATHS if path in rules} == ignored


@pytest.mark.parametrize(
    ("pattern", "path", "is_ignored"),
    [
        ("a**d", "ad", True),
        ("a**d", "a/x/d", True),
        ("a**d", "axd", False),
        ("**x", "a/b/x", True),
        ("**x", "a/bx", False),
        ("x**", "xy/z", True),
        ("***", "a/b", True),
        ("**/a*b", "a1/ab", True),
        ("a/**/b/**/c", "a/x/b/y/z/b/c", True),
        ("\\**", "*a", True),
        ("\\**", "ba", False),
    ],
)
def test_double_stars_are_whole_directories_wherever_they_stand(pattern: str, path: str, is_ignored: bool) -> None:
    assert (path in Ignored([pattern])) == is_ignored


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 30 + "b", "a" * 200), ("**/a*/" * 20 + "b", "a/" * 500 + "c"), ("**/" * 2000 + "b", "a/a")],
)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    assert path not in Ignored([pattern])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("!", 'illegal exclusion pattern: "!"'),
        ("a[", "syntax error in pattern"),
        ("a**b" * 9, "syntax error in pattern"),
    ],
)
def test_a_malformed_pattern_is_told(line: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + message.replace("[", "\\[")):
        Ignored([line])


@pytest.mark.parametrize(
    ("exception", "below"),
    [
        ("a/b/c", {"a", "a/b", "a/b/c"}),
        ("**/x", {"a", "a/b", "a/b/c", "z"}),
        ("a/*/c", {"a", "a/b", "a/b/c"}),
        ("q", set()),
    ],
)
def test_directories_that_have_exceptions_are_entered(exception: str, below: set[str]) -> None:
    rules = read_ignored(f"*\n!{exception}")
    assert {path for path in ("a", "a/b", "a/b/c", "z") if rules.has_exceptions_below(path)} == below


def test_an_archive_has_what_is_taken_back_in_and_no_empty_directories(tmp_path: Path) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    rules = read_ignored("*\n!a/b/f.md\n!sp ace/none")
    packed = b"".join(
        pack(
            str(tmp_path),
            keep=lambda path: path.decode() not in rules,
            enter=lambda path: rules.has_exceptions_below(path.decode()),
        )
    )
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert archive.getnames() == ["a/b/f.md"]
