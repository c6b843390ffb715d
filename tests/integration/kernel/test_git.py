"""Repositories that are hostile: nothing of them is executed, and nothing of this host comes with them."""

import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.errors import InternalError, InvalidArgument
from wherry.kernel.git import Git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


class Repositories:
    """Bare ones in a folder, which ``git-daemon`` serves connection by connection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""

    def make(self, name: str, files: dict[str, str], *more: list[str]) -> str:
        """A repository with these files, after ``more`` commands in its checkout; its address."""
        tree = self.folder / f"{name}.tree"
        self._git(self.folder, ["init", "-q", "-b", "main", str(tree)])
        for path, content in files.items():
            (tree / path).write_text(content)
        for words in (["add", "--all"], *more, ["commit", "-q", "--allow-empty", "-m", "all"]):
            self._git(tree, words)
        self._git(self.folder, ["clone", "-q", "--bare", str(tree), f"{name}.git"])
        return f"{self.url}/{name}.git"

    def _git(self, folder: Path, words: list[str]) -> None:
        user = ["-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always"]
        subprocess.run(["git", *user, *words], cwd=folder, check=True, timeout=60)


@pytest.fixture
def repositories(tmp_path: Path) -> Iterator[Repositories]:
    made = Repositories(tmp_path)
    programs = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True).stdout.strip()
    command = [f"{programs}/git-daemon", "--inetd", "--export-all", f"--base-path={tmp_path}"]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            end = self.request.fileno()
            subprocess.run(command, stdin=end, stdout=end, stderr=subprocess.DEVNULL, check=False, timeout=60)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"git://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever).start()
        try:
            yield made
        finally:
            server.shutdown()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


def commands(trap: Path) -> str:
    """A configuration that has git run a command at every opportunity."""
    return (
        f'[core]\n\tfsmonitor = "touch {trap}; false"\n\tsshCommand = touch {trap}\n\tgitProxy = {trap}.sh\n'
        f'[filter "x"]\n\tsmudge = touch {trap}; cat\n\tprocess = touch {trap}\n'
        f'[submodule "m"]\n\tupdate = "!touch {trap}"\n[alias]\n\tsubmodule = !touch {trap}\n'
    )


@pytest.mark.parametrize("name", [".gitconfig", "config"])
async def test_a_configuration_among_the_files_is_not_gits(
    repositories: Repositories, checkout: Path, name: str
) -> None:
    trap = repositories.folder / "trap"
    module = repositories.make("module", {".gitattributes": "* filter=x\n", "file": "of the module"})
    files = {name: commands(trap), ".gitattributes": "* filter=x\n", "file": "kept"}
    url = repositories.make("main", files, ["submodule", "--quiet", "add", "--name", "m", "--", module, "m"])
    await Git().clone(url, "main", checkout, keep_git_dir=False)
    assert (checkout / "file").read_text() == "kept"
    assert (checkout / "m" / "file").read_text() == "of the module"
    assert not trap.exists()


@pytest.mark.parametrize("address", ["ext::touch {trap}", "{folder}/secret.git", "file://{folder}/secret.git"])
async def test_a_module_is_no_command_and_no_folder_of_this_host(
    repositories: Repositories, checkout: Path, address: str
) -> None:
    repositories.make("secret", {"key": "of this host"})
    trap = repositories.folder / "trap"
    where = address.format(trap=trap, folder=repositories.folder)
    link = ["update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},m"]
    url = repositories.make("main", {".gitmodules": f'[submodule "m"]\n\tpath = m\n\turl = {where}\n'}, link)
    with pytest.raises(InternalError, match="not allowed"):
        await Git().clone(url, "", checkout, keep_git_dir=False)
    assert not trap.exists()
    assert not (checkout / "m" / "key").exists()


async def test_a_module_beside_its_repository(repositories: Repositories, checkout: Path) -> None:
    repositories.make("module", {"file": "of the module"})
    words = ["submodule", "--quiet", "add", "--", "../module.git", "m"]
    url = repositories.make("main", {}, ["remote", "add", "origin", f"{repositories.url}/main.git"], words)
    await Git().clone(url, "", checkout, keep_git_dir=False)
    assert (checkout / "m" / "file").read_text() == "of the module"


async def test_a_reference_is_no_option(checkout: Path) -> None:
    with pytest.raises(InvalidArgument, match="invalid refspec '--upload-pack=touch x'"):
        await Git().clone("git://127.0.0.1:1/x.git", "--upload-pack=touch x", checkout, keep_git_dir=False)
