"""The process that brings a mirror up to date.

Its arguments are the mirror's folder, which holds its files in ``tree``, and an empty folder for what comes. Standard
input is the length of a request, 4 bytes in network order, the request as JSON (`Changes`), and then the contents as
`tar.builds.packets` reads them. When all is there it ends, whether more comes or not. Before the tree is changed
``index`` is removed: whoever finds one knows that the tree is whole. Sizes and digests of what came are left as JSON in
the second folder, as ``digests``. The end is told as ``layer`` does, with no text, and 5 for what nobody asked for.
"""

import json
import os
import sys
from base64 import b64decode
from contextlib import suppress

from ..builds.mirroring import Inbox, Mirror, Unasked, described
from ..format.stream import Stream
from .process import Refused, confine, end_with, open_many_files, standard_input

INDEX, TREE, DIGESTS = "index", "tree", "digests"

_LENGTH = 4
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def main() -> None:
    end_with(lambda: _update(sys.argv[1], sys.argv[2]))


def _update(folder: str, incoming: str) -> str:
    open_many_files()
    home, inbox = os.open(folder, _DIRECTORY), os.open(incoming, _DIRECTORY)
    with suppress(FileExistsError):
        os.mkdir(f"{folder}/{TREE}", 0o755)
    mirror = Mirror(confine(f"{folder}/{TREE}"), inbox)
    stream = Stream(standard_input())
    request = json.loads(stream.take(int.from_bytes(stream.take(_LENGTH), "big")))
    made = [(each["number"], described(each["file"])) for each in request["made"]]
    received = Inbox(inbox, {number: entry for number, entry in made if number is not None})
    try:
        received.receive(stream)
    except Unasked as error:
        raise Refused(str(error)) from error
    with suppress(FileNotFoundError):
        os.unlink(INDEX, dir_fd=home)
    mirror.remove(map(b64decode, request["removed"]))
    mirror.make(made)
    mirror.dress(map(described, request["dressed"]))
    with open(os.open(DIGESTS, _NEW, 0o600, dir_fd=inbox), "w") as file:
        json.dump(received.digests, file)
    return ""
