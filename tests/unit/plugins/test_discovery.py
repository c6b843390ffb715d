from pathlib import Path
from socket import AF_UNIX, socket

import pytest

from wherry.errors import InternalError
from wherry.plugins.discovery import Address, Folders, Tls


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name in ("run", "etc", "usr"):
        (tmp_path / name).mkdir()
    return Folders(tmp_path / "run", (tmp_path / "etc", tmp_path / "usr"))


def listen(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with socket(AF_UNIX) as listening:
        listening.bind(str(path))


def test_sockets_files_and_folders_of_plugins_are_found(folders: Folders) -> None:
    etc, usr = folders.specs
    listen(folders.sockets / "one.sock")
    listen(folders.sockets / "two" / "two.sock")
    (folders.sockets / "none.sock").write_text("")
    (etc / "three.spec").write_text("unix:///somewhere/three.sock\n")
    (etc / "four.spec").write_text("tcp://localhost:1234")
    (usr / "five").mkdir()
    (usr / "five" / "five.json").write_text('{"Name": "x", "Addr": "http://[::1]:8080/path"}')
    assert folders.names() == ("five", "four", "one", "three", "two")
    assert folders.find("one") == Address(path=str(folders.sockets / "one.sock"))
    assert folders.find("two") == Address(path=str(folders.sockets / "two" / "two.sock"))
    assert folders.find("three") == Address(path="/somewhere/three.sock")
    assert folders.find("four") == Address(host="localhost", port=1234)
    five = folders.find("five")
    assert five and (five.host, five.port, five.url) == ("::1", 8080, "http://[::1]:8080")


def test_a_socket_comes_first_and_a_spec_before_json(folders: Folders) -> None:
    etc, usr = folders.specs
    (usr / "p.spec").write_text("tcp://usr:1")
    (etc / "p.json").write_text('{"Addr": "https://json", "TLSConfig": {"CAFile": "/ca", "InsecureSkipVerify": true}}')
    found = folders.find("p")
    assert found == Address(host="json", port=443, tls=Tls(insecure=True, ca="/ca"))
    (etc / "p.spec").write_text("tcp://etc:2")
    found = folders.find("p")
    assert found and found.host == "etc"
    listen(folders.sockets / "p.sock")
    found = folders.find("p")
    assert found and found.path


def test_nothing_is_found_elsewhere(folders: Folders) -> None:
    listen(folders.sockets.parent / "out.sock")
    for name in ("", "out", "../out", "/out", "o\0ut"):
        assert folders.find(name) is None
    assert Folders(Path("/nonexistent"), (Path("/nonexistent"),)).names() == ()


@pytest.mark.parametrize(
    ("suffix", "text", "reason"),
    [
        (".spec", "nonsense", "Unknown protocol"),
        (".spec", "", "Unknown protocol"),
        (".spec", "ftp://host", "Unknown protocol"),
        (".spec", "tcp://host:port", "Port could not be cast"),
        (".json", '{"Addr": 1}', "json: Expected `str`, got `int`"),
        (".json", "nonsense", "json: JSON is malformed"),
    ],
)
def test_a_file_that_is_no_address(folders: Folders, suffix: str, text: str, reason: str) -> None:
    (folders.specs[0] / f"p{suffix}").write_text(text)
    with pytest.raises(InternalError, match=reason):
        folders.find("p")
