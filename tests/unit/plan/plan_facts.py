"""Two hosts for tests of plans: control groups of version 1 and of version 2."""

from msgspec.structs import replace
from tests.fakes import facts

FACTS = replace(
    facts.FACTS,
    hostname="vm",
    kernel="6.1.0-18-amd64",
    operating_system="Debian GNU/Linux 12 (bookworm)",
    os_version="12",
    cpus=4,
    cgroup_version=1,
    controllers=("blkio", "cpu", "cpuset", "memory", "pids"),
    boot_id="8d3c795e-da8c-4f71-9167-ad8ccc07b445",
)
CGROUP_2 = replace(FACTS, cgroup_version=2, controllers=("cpu", "cpuset", "io", "memory", "pids"))
