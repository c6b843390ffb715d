import resource
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from wherry.daemon import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
descriptors.allow()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
MOST = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 4096)


@pytest.mark.parametrize(("soft", "hard"), [(256, MOST), (MOST, MOST)])
def test_as_many_descriptors_as_the_hard_limit_says(soft: int, hard: int) -> None:
    argv = [sys.executable, "-c", SCRIPT, str(soft), str(hard)]
    assert subprocess.check_output(argv, text=True).split() == [str(hard), str(hard)]
