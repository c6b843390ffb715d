from pathlib import Path

from wherry.kernel.mounts import MountEntry, mount_table


def test_a_line_is_read_whole(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n"
        "37 36 0:40 / /mnt2/x ro - overlay overlay ro,lowerdir=/a:/b\n"
    )
    assert mount_table(str(table)) == (
        MountEntry(
            id=36,
            parent=35,
            root="/mnt1",
            target="/mnt2",
            options=("rw", "noatime"),
            fs_type="ext3",
            source="/dev/root",
            fs_options=("rw", "errors=continue"),
        ),
        MountEntry(
            id=37,
            parent=36,
            root="/",
            target="/mnt2/x",
            options=("ro",),
            fs_type="overlay",
            source="overlay",
            fs_options=("ro", "lowerdir=/a:/b"),
        ),
    )


def test_escaped_characters_come_back(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(r"1 0 0:1 / /a\040b\011c\012d\134e rw - tmpfs none\040 rw" + "\n")
    (entry,) = mount_table(str(table))
    assert entry.target == "/a b\tc\nd\\e"
    assert entry.source == "none "


def test_this_process_has_a_root_and_proc() -> None:
    targets = {entry.target: entry.fs_type for entry in mount_table()}
    assert "/" in targets
    assert targets["/proc"] == "proc"
