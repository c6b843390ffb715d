"""Names that one engine has, and no other."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from wherry.errors import Conflict
from wherry.kernel.network.claims import Claims

HOLDER = """
import sys; from pathlib import Path; from wherry.kernel.network.claims import Claims
claims = Claims(Path(sys.argv[1])); claims.take("docker0"); print("held", flush=True); input()
"""


def test_a_name_is_had_by_one_until_it_lets_go(tmp_path: Path) -> None:
    with closing(Claims(tmp_path)) as one, closing(Claims(tmp_path)) as other:
        one.take("docker0")
        one.take("docker0")
        other.take("mine0")
        with pytest.raises(Conflict, match=r"^another engine has the bridge docker0: each needs its own$"):
            other.take("docker0")

        one.release("docker0")
        one.release("docker0")

        other.take("docker0")
    assert list(tmp_path.iterdir()) == []


def test_who_was_killed_has_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with closing(Claims(tmp_path)) as claims, pytest.raises(Conflict):
            claims.take("docker0")
        holder.kill()

    with closing(Claims(tmp_path)):
        assert list(tmp_path.iterdir()) == []
