"""Files of git repositories, for contexts and for ADD."""

from pathlib import Path

from wherry.build.solver.workspace import Workspace
from wherry.engine.ports import BuildFiles, Git
from wherry.errors import InternalError
from wherry.model.build import Placement, Selection


class Repositories:
    def __init__(self, *, files: BuildFiles, git: Git) -> None:
        self._files = files
        self._git = git

    async def tree(self, url: str, space: Workspace, *, keep_git_dir: bool = False) -> Path:
        """A folder with the files that ``url#ref:directory`` means. Raises what git does; InternalError for a directory
        that is not there."""
        address, _, fragment = url.partition("#")
        ref, _, directory = fragment.partition(":")
        if address.startswith("github.com/"):
            address = f"https://{address}"
        folder = await space.folder()
        await self._git.clone(address, ref, folder, keep_git_dir=keep_git_dir)
        return await self._inside(folder, directory.strip("/"), space) if directory.strip("/") else folder

    async def _inside(self, folder: Path, directory: str, space: Workspace) -> Path:
        """A copy: where a path of a repository leads is not for the file system to say."""
        part = Selection(trees=(folder,), patterns=(directory,))
        if (await self._files.select((part,))).missing is not None:
            raise InternalError(f"error setting git context, not a directory: {directory}")
        inside = await space.folder()
        await self._files.place(Placement(selections=(part,), destination="/", owner=None), inside, ())
        return inside
