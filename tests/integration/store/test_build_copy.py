"""COPY and ADD on real trees: Docker's rules, and trees that mean harm."""

import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.store.changesets import (
    MTIME,
    chunks,
    described,
    directory,
    file,
    finish,
    hardlink,
    layer,
    symlink,
)

from wherry.errors import InvalidArgument
from wherry.model.build import Placement, Selected, Selection
from wherry.model.image import Applied
from wherry.store.builds.building import BuildFiles
from wherry.store.layers.changesets import Layers
from wherry.threads import Threads

pytestmark = pytest.mark.root


@pytest.fixture
def files(tmp_path: Path) -> Iterator[BuildFiles]:
    threads = Threads(2, "test")
    (tmp_path / "builds").mkdir()
    yield BuildFiles(tmp_path / "builds", threads)
    threads.shutdown()


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that nothing below may reach."""
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "secret").write_text("secret")
    return secret


def unpacked(files: BuildFiles, data: bytes) -> Path:
    async def work() -> Path:
        folder = await files.begin()
        await files.unpack(chunks(data), folder)
        return folder

    return finish(work())


def copied(
    files: BuildFiles,
    source: Path | tuple[Path, ...],
    patterns: str,
    destination: str,
    *lowers: Path,
    keep_owners: bool = False,
    unpack: bool = False,
    owner: tuple[int, int] | None = (0, 0),
    chmod: str = "",
) -> tuple[Path, Applied]:
    trees = source if isinstance(source, tuple) else (source,)
    selection = Selection(trees=trees, patterns=tuple(patterns.split()), owners=keep_owners, unpack=unpack)
    into = files._folder / f"layer-{os.urandom(4).hex()}"
    into.mkdir()
    placement = Placement(
        selections=(selection,), destination=destination, owner=None if keep_owners else owner, chmod=chmod
    )
    applied = finish(files.place(placement, into, lowers))
    identified = finish(files.identify(into))
    assert (applied.diff_id, applied.size) == (identified.diff_id, identified.size)
    return into, applied


def selected(files: BuildFiles, tree: Path, patterns: str, owners: bool = False) -> Selected:
    return finish(files.select((Selection(trees=(tree,), patterns=tuple(patterns.split()), owners=owners),)))


def shown(tree: Path) -> list[str]:
    return sorted(f"{path} {node.mode}" for path, node in described(tree).items() if path != ".")


CONTEXT = layer(
    file("f.txt", b"f\n", mode=0o600, uid=500, gid=500),
    directory("d", mode=0o700),
    directory("d/sub", mode=0o2711),
    file("d/sub/g", b"g\n", mode=0o644),
    hardlink("d/hard", "d/sub/g"),
    symlink("d/ln", "sub/g"),
    symlink("dl", "d"),
    symlink("fl", "/f.txt"),
    directory("e"),
)
IMAGE = layer(
    directory("etc"),
    file("etc/passwd", b"root"),
    directory("ex", mode=0o750, uid=7, gid=7),
    directory("ex/sub", uid=5, gid=5),
    file("ex/file", b"old"),
    directory("ex/f.txt"),
    symlink("exl", "ex"),
    symlink("abs", "/etc"),
    symlink("up", "../../../etc"),
    symlink("loop", "loop"),
)


@pytest.fixture
def context(files: BuildFiles) -> Path:
    return unpacked(files, CONTEXT)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    tree = tmp_path / "image"
    tree.mkdir()
    finish(Layers().apply(chunks(IMAGE), tree))
    return tree


# --- Docker's rules --------------------------------------------------------------------------------------------------


def test_a_directory_is_its_contents(files: BuildFiles, context: Path) -> None:
    tree, _ = copied(files, context, "d", "/new")
    assert shown(tree) == [
        "new drwxr-xr-x",
        "new/hard -rw-r--r--",
        "new/ln lrwxrwxrwx",
        "new/sub drwx--s--x",
        "new/sub/g -rw-r--r--",
    ]
    assert (tree / "new/hard").samefile(tree / "new/sub/g")
    assert (tree / "new/sub").stat().st_mtime == MTIME


def test_a_socket_is_nothing_without_its_process(files: BuildFiles, context: Path) -> None:
    os.mknod(context / "d/socket", stat.S_IFSOCK | 0o600)
    tree, _ = copied(files, context, "d", "/new")
    alone, _ = copied(files, context, "d/socket", "/new/")
    assert sorted(os.listdir(tree / "new")) == ["hard", "ln", "sub"]
    assert os.listdir(alone / "new") == []


def test_what_exists_is_merged_and_takes_the_attributes_of_the_source(
    files: BuildFiles, context: Path, image: Path
) -> None:
    tree, _ = copied(files, context, "d", "/ex", image)
    nodes = described(tree)
    assert (nodes["ex"].mode, nodes["ex"].owner) == ("drwxr-x---", (7, 7))
    assert (nodes["ex/sub"].mode, nodes["ex/sub"].owner) == ("drwx--s--x", (0, 0))
    assert "ex/file" not in nodes


def test_only_the_directory_itself_is_given_away(files: BuildFiles, context: Path) -> None:
    tree, _ = copied(files, context, "d", "/deep/er", owner=(9, 8))
    owners = {path: node.owner for path, node in described(tree).items() if path != "."}
    assert owners.pop("deep") == (0, 0)
    assert set(owners.values()) == {(9, 8)}


def test_parents_of_a_file_are_given_away_too(files: BuildFiles, context: Path) -> None:
    tree, _ = copied(files, context, "f.txt", "/p/q/f", owner=(9, 8))
    assert {node.owner for path, node in described(tree).items() if path != "."} == {(9, 8)}


@pytest.mark.parametrize(
    ("source", "destination", "path"),
    [
        ("f.txt", "/file", "file"),
        ("f.txt", "/dir/", "dir/f.txt"),
        ("f.txt", "/etc", "etc/f.txt"),
        ("f.txt", "/abs", "etc/f.txt"),
        ("f.txt", "/up/", "etc/f.txt"),
        ("f.txt", "/exl/x", "ex/x"),
        ("f.txt", "/", "f.txt"),
        ("./f.txt", "/a/../b", "b"),
        ("fl", "/etc/", "etc/fl"),
        ("f.*", "/etc/", "etc/f.txt"),
        ("d/sub/[^a-f]", "/w/", "w/g"),
        ("d/*/?", "/w/", "w/g"),
    ],
)
def test_where_a_file_goes(
    files: BuildFiles, context: Path, image: Path, source: str, destination: str, path: str
) -> None:
    tree, _ = copied(files, context, source, destination, image)
    found = [name for name, node in described(tree).items() if node.mode.startswith("-")]
    assert found == [path]


def test_a_file_takes_the_place_of_a_directory(files: BuildFiles, context: Path, image: Path) -> None:
    tree, _ = copied(files, context, "f.txt", "/exl", image)
    assert described(tree)["ex/f.txt"].mode == "-rw-------"


def test_links_are_followed_where_they_are_named_and_copied_where_they_are_found(
    files: BuildFiles, context: Path
) -> None:
    tree, _ = copied(files, context, "dl fl", "/x/")
    assert shown(tree)[1:] == ["x/fl -rw-------", *[line.replace("new", "x") for line in shown_d()]]


def shown_d() -> list[str]:
    return ["new/hard -rw-r--r--", "new/ln lrwxrwxrwx", "new/sub drwx--s--x", "new/sub/g -rw-r--r--"]


def test_owners_are_kept_if_they_are_to_be(files: BuildFiles, context: Path) -> None:
    tree, _ = copied(files, context, "f.txt", "/f", keep_owners=True)
    assert described(tree)["f"].owner == (500, 500)


@pytest.mark.parametrize(
    ("chmod", "mode", "folder"),
    [
        ("640", "-rw-r-----", "drw-r-----"),
        ("u=rwX,go=rX", "-rw-r--r--", "drwxr-xr-x"),
        ("+x", "-rwx--x--x", "drwx--s--x"),
        ("g=u,o-rwx", "-rw-rw----", "drwxrwx---"),
        ("4755", "-rwsr-xr-x", "drwsr-xr-x"),
    ],
)
def test_modes_can_be_given(files: BuildFiles, context: Path, chmod: str, mode: str, folder: str) -> None:
    tree, _ = copied(files, context, "f.txt", "/f", chmod=chmod)
    assert described(tree)["f"].mode == mode
    tree, _ = copied(files, context, "d", "/", chmod=chmod)
    assert described(tree)["sub"].mode == folder


@pytest.mark.parametrize("chmod", ["9999", "77777", "u+q"])
def test_what_is_no_mode_is_told(files: BuildFiles, context: Path, chmod: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(f"invalid chmod parameter: '{chmod}'. it should be octal")):
        copied(files, context, "f.txt", "/f", chmod=chmod)


def test_an_unchanged_file_is_linked_and_a_changed_one_is_a_file_of_its_own(files: BuildFiles, context: Path) -> None:
    tree, _ = copied(files, context, "d/sub/g", "/g")
    assert (tree / "g").samefile(context / "d/sub/g")
    tree, _ = copied(files, context, "d/sub/g", "/g", owner=(3, 3))
    assert not (tree / "g").samefile(context / "d/sub/g")
    assert (context / "d/sub/g").stat().st_uid == 0


def test_archives_are_unpacked_by_content(files: BuildFiles, context: Path, image: Path) -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        for info, data in (file("etc/new", b"1", uid=12, gid=13), file(".wh.file", b"no whiteout"), symlink("s", "x")):
            archive.addfile(info, io.BytesIO(data))
    (context / "looks.like.text").write_bytes(inner.getvalue())
    (context / "fake.tar").write_bytes(b"x" * 2000)

    tree, _ = copied(files, context, "looks.like.text fake.tar", "/abs/un/", image, unpack=True)

    nodes = described(tree)
    assert nodes["etc/un/etc/new"].owner == (12, 13)
    assert nodes["etc/un/.wh.file"].content == b"no whiteout"
    assert nodes["etc/un/fake.tar"].content == b"x" * 2000


def test_files_of_several_layers(files: BuildFiles, image: Path, tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    finish(Layers().apply(chunks(layer(file("ex/.wh.file"), file("ex/mine", b"2"))), top, (image,)))
    tree, _ = copied(files, (top, image), "ex", "/y", keep_owners=True)
    assert [line.split()[0] for line in shown(tree)] == ["y", "y/f.txt", "y/mine", "y/sub"]


def test_a_directory_is_made_where_there_is_none(files: BuildFiles, image: Path, tmp_path: Path) -> None:
    def made(path: str) -> list[str]:
        into = tmp_path / os.urandom(4).hex()
        into.mkdir()
        finish(files.make_directory(path, into, (image,)))
        return shown(into)

    assert made("/etc") == []
    assert made("/abs") == []
    assert made("/etc/a/b") == ["etc drwxr-xr-x", "etc/a drwxr-xr-x", "etc/a/b drwxr-xr-x"]
    with pytest.raises(InvalidArgument, match="not a directory"):
        made("/etc/passwd")


# --- the digest ------------------------------------------------------------------------------------------------------


def test_the_digest_is_of_names_modes_and_contents_not_of_times(files: BuildFiles) -> None:
    def digest(**fields: int) -> str:
        tree = unpacked(files, layer(directory("d"), file("d/f", b"1", **fields)))
        return selected(files, tree, "d").digest

    assert digest() == digest(mtime=1)
    assert digest() == digest(uid=3)
    assert digest() != digest(mode=0o600)
    assert digest().startswith("dir:")


def test_owners_count_where_they_are_kept(files: BuildFiles) -> None:
    trees = [unpacked(files, layer(file("f", b"1", uid=uid))) for uid in (1, 2)]
    first, second = (selected(files, tree, "f", owners=True).digest for tree in trees)
    assert first != second
    assert first.startswith("file:")


def test_names_and_contents_count(files: BuildFiles) -> None:
    tree = unpacked(files, layer(file("a", b"1"), file("b", b"1"), file("c", b"2")))
    digests = [selected(files, tree, patterns).digest for patterns in ("a", "b", "c", "a b", "[ab]", "*")]
    assert len(set(digests)) == 5
    assert digests[3] == digests[4]
    assert digests[5].startswith("multi:")


def test_what_is_not_there(files: BuildFiles, context: Path) -> None:
    assert selected(files, context, "f.txt nope d").missing == "nope"
    assert selected(files, context, "f.txt/x").missing == "f.txt/x"
    assert selected(files, context, "no*").count == 0
    with pytest.raises(InvalidArgument, match="syntax error in pattern"):
        selected(files, context, "a[b")


def test_a_great_many_sources(files: BuildFiles) -> None:
    tree = unpacked(files, layer(*(file(f"{number:05}", b"x") for number in range(3000))))
    assert selected(files, tree, "*").count == 3000


# --- harm ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["{}", "../../../../../../../..{}", "/proc/self/root{}"])
def test_links_of_the_context_do_not_lead_out(files: BuildFiles, outside: Path, target: str) -> None:
    tree = unpacked(files, layer(symlink("l", target.format(outside)), file("here", b"")))
    assert selected(files, tree, "l/secret").missing == "l/secret"
    assert selected(files, tree, "l").missing == "l"


def test_links_of_the_image_do_not_lead_out(files: BuildFiles, context: Path, outside: Path, tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.mkdir()
    (image / "l").symlink_to(outside)
    (image / "up").symlink_to("../" * 30 + str(outside).lstrip("/"))
    for destination in ("/l/secret", "/up/secret", "/l/"):
        copied(files, context, "f.txt", destination, image)
    assert (outside / "secret").read_text() == "secret"
    assert [path.name for path in outside.iterdir()] == ["secret"]


def test_links_that_go_in_circles(files: BuildFiles, context: Path, image: Path) -> None:
    with pytest.raises(InvalidArgument, match="too many levels of symbolic links"):
        copied(files, context, "f.txt", "/loop/x", image)


def test_a_context_cannot_write_beside_itself(files: BuildFiles, outside: Path) -> None:
    tree = unpacked(
        files,
        layer(
            symlink("l", str(outside)),
            file("l/secret", b"changed"),
            file("../../outside/secret", b"changed"),
            file("/etc/passwd", b"mine"),
        ),
    )
    assert (outside / "secret").read_text() == "secret"
    assert (tree / "etc/passwd").read_bytes() == b"mine"


def test_an_archive_in_the_context_cannot_write_beside_its_place(
    files: BuildFiles, context: Path, image: Path, outside: Path
) -> None:
    (context / "evil.tar").write_bytes(
        layer(symlink("l", str(outside)), file("l/secret", b"changed"), file("../../../etc/passwd", b"changed"))
    )
    tree, _ = copied(files, context, "evil.tar", "/ex/", image, unpack=True)
    assert (outside / "secret").read_text() == "secret"
    assert "etc" not in os.listdir(tree)


def test_names_that_look_like_deletions_are_names(files: BuildFiles) -> None:
    tree = unpacked(files, layer(file(".wh.x", b"1"), directory("d"), file("d/.wh..wh..opq", b"2")))
    assert sorted(described(tree)) == [".", ".wh.x", "d", "d/.wh..wh..opq"]
    assert selected(files, tree, ".wh.x").count == 1


def test_what_is_no_archive(files: BuildFiles) -> None:
    for data in (b"garbage" * 1000, layer(file("f", b"1" * 5000))[:3000], b"\x1f\x8b\x08garbage"):
        with pytest.raises(InvalidArgument):
            unpacked(files, data)


def test_devices_and_pipes_are_not_opened(files: BuildFiles) -> None:
    special = tarfile.TarInfo("pipe")
    special.type = tarfile.FIFOTYPE
    tree = unpacked(files, layer((special, b""), file("f", b"1")))
    assert selected(files, tree, ".").digest.startswith("dir:")
    copy, _ = copied(files, tree, ".", "/")
    assert stat.S_ISFIFO((copy / "pipe").stat().st_mode)
