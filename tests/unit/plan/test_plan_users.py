"""``--user`` and ``--group-add``; the texts and the order of groups were asked of dockerd 26.1.5."""

import pytest

from wherry.errors import InvalidArgument
from wherry.plan.containers.users import Identity, resolve

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
# a comment
daemon:x:1:1::/usr/sbin:/bin/sh

web:x:1000:100:Web:/home/web:/bin/sh
1234:x:77:77::/odd:/bin/sh
homeless:x:1001:1001
"""
GROUP = """\
root:x:0:
users:x:100:
video:x:44:web,daemon
wheel:x:10:web
"""


@pytest.mark.parametrize(
    ("user", "added", "identity"),
    [
        ("", (), Identity(uid=0, gid=0, groups=(0,), home="/root")),
        ("web", (), Identity(uid=1000, gid=100, groups=(100, 44, 10), home="/home/web")),
        ("1000", (), Identity(uid=1000, gid=100, groups=(100, 44, 10), home="/home/web")),
        ("web:video", (), Identity(uid=1000, gid=44, groups=(44,), home="/home/web")),
        ("web:0", (), Identity(uid=1000, gid=0, groups=(0,), home="/home/web")),
        ("4711", (), Identity(uid=4711, gid=0, groups=(0,), home="/")),
        ("4711:4712", (), Identity(uid=4711, gid=4712, groups=(4712,), home="/")),
        ("1234", (), Identity(uid=1234, gid=0, groups=(0,), home="/")),
        ("homeless", (), Identity(uid=1001, gid=1001, groups=(1001,), home="/")),
        ("", ("video", "100", "4000", "0"), Identity(uid=0, gid=0, groups=(0, 44, 100, 4000), home="/root")),
    ],
)
def test_known_users(user: str, added: tuple[str, ...], identity: Identity) -> None:
    assert resolve(user, PASSWD, GROUP, added) == identity


def test_an_image_without_account_files() -> None:
    assert resolve("", "", "") == Identity(uid=0, gid=0, groups=(0,), home="/")


@pytest.mark.parametrize(
    ("user", "added", "text"),
    [
        ("nope", (), "unable to find user nope: no matching entries in passwd file"),
        ("root:nope", (), "unable to find group nope: no matching entries in group file"),
        ("", ("nope",), "Unable to find group nope: no matching entries in group file"),
        ("99999999999", (), "uids and gids must be in range 0-2147483647"),
        ("-1", (), "uids and gids must be in range 0-2147483647"),
        ("0:2147483648", (), "uids and gids must be in range 0-2147483647"),
        ("", ("-3",), "uids and gids must be in range 0-2147483647"),
    ],
)
def test_unknown_users(user: str, added: tuple[str, ...], text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        resolve(user, PASSWD, GROUP, added)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("passwd", "group"),
    [
        ("odd:x:4294967295:1::/:", ""),
        ("odd:x:1:4294967295::/:", ""),
        ("odd:x:-1:1::/:", ""),
        ("odd:x:1:1::/:", "g:x:4294967295:odd"),
    ],
)
def test_numbers_in_an_images_files_are_in_range_too(passwd: str, group: str) -> None:
    with pytest.raises(InvalidArgument, match="uids and gids must be in range 0-2147483647"):
        resolve("odd", passwd, group)
