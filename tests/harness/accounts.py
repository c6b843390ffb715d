"""A machine with users of its own: nobody but its processes sees what becomes of its /etc."""

import shutil
import subprocess
from pathlib import Path

from tests.harness.engine import Engine, Host

USER = "mapper"
UID, GID = 300000, 400000  # what root of this user's containers is

_MOUNT = 'mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc && echo && exec cat'


class HostWithAccounts(Host):
    """Has the user ``mapper``, who has subordinate ids, and ``poor``, who has none."""

    def __init__(self, folder: Path) -> None:
        for name in ("upper", "work"):
            (folder / name).mkdir(parents=True)
        argv = ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", str(folder)]
        self._holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"\n"
        super().__init__()
        self._append("passwd", f"{USER}:x:4001:4001::/:/bin/false\npoor:x:4002:4002::/:/bin/false\n")
        self._append("group", f"{USER}:x:4001:\npoor:x:4002:\n")
        self._append("subuid", f"{USER}:{UID}:65536\n")
        self._append("subgid", f"{USER}:{GID}:65536\n")

    def inside(self, argv: list[str | Path]) -> list[str]:  # type: ignore[override]
        network, *rest = super().inside(argv)
        return [network, f"--mount=/proc/{self._holder.pid}/ns/mnt", *rest]

    def read(self, path: str) -> str:
        return self.run(["cat", path]).stdout

    def close(self) -> None:
        super().close()
        self._holder.communicate()

    def _append(self, name: str, lines: str) -> None:
        self.run(["tee", "-a", f"/etc/{name}"], input=lines)


class RemappingEngine(Engine):
    """An engine with ``--userns-remap``. Its roots are the folders in those that the daemon is given."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, f"--userns-remap={USER}", host=HostWithAccounts(folder / "etc"))
        self._given = (self.data_root, self.exec_root)
        self._own = tuple(root / f"{UID}.{GID}" for root in self._given)
        self.data_root, self.exec_root = self._own

    def launch(self, *flags: str) -> None:
        self.data_root, self.exec_root = self._given
        super().launch(*flags)
        self.data_root, self.exec_root = self._own

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.exec_root.parent, ignore_errors=True)
