"""A machine with users of its own: nobody but its processes sees what becomes of its /etc."""

import subprocess
from pathlib import Path

from tests.harness.engine import Host

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
