"""system df and the prunes."""
# ruff: noqa: E501  engine answers are long

import json
import os
from collections.abc import Callable

import pytest
from command_line import CommandLine

USAGE = {
    "LayersSize": 3000,
    "Images": [
        {
            "Id": "sha256:" + "a" * 64,
            "RepoTags": ["busybox:1", "b:2"],
            "Created": 0,
            "Size": 2000,
            "SharedSize": 0,
            "Containers": 2,
        },
        {"Id": "sha256:" + "b" * 64, "RepoTags": [], "Created": 0, "Size": 1000, "SharedSize": 500, "Containers": 0},
    ],
    "Containers": [
        {
            "Id": "c" * 64,
            "Names": ["/up"],
            "Image": "busybox",
            "ImageID": "sha256:a",
            "Command": "sh",
            "Created": 0,
            "State": "running",
            "Status": "Up",
            "SizeRw": 100,
            "Ports": [],
        },
        {
            "Id": "d" * 64,
            "Names": ["/down"],
            "Image": "busybox",
            "ImageID": "sha256:a",
            "Command": "sh",
            "Created": 0,
            "State": "exited",
            "Status": "Exited (0)",
            "SizeRw": 300,
            "Ports": [],
        },
    ],
    "Volumes": [
        {
            "Name": "data",
            "Driver": "local",
            "Labels": {"b": "2", "a": "1"},
            "Mountpoint": "/v/data/_data",
            "Scope": "local",
            "UsageData": {"Size": 40, "RefCount": 1},
        },
        {
            "Name": "old",
            "Driver": "local",
            "Mountpoint": "",
            "Scope": "local",
            "UsageData": {"Size": 10, "RefCount": 0},
        },
        {
            "Name": "remote",
            "Driver": "nfs",
            "Mountpoint": "",
            "Scope": "global",
            "UsageData": {"Size": -1, "RefCount": 0},
        },
    ],
    "BuildCache": [
        {
            "ID": "0123456789abcdef",
            "Type": "regular",
            "Size": 70,
            "Shared": False,
            "InUse": True,
            "CreatedAt": "2000-01-01T00:00:00Z",
            "LastUsedAt": None,
            "UsageCount": 3,
        },
        {
            "ID": "1" * 20,
            "Type": "regular",
            "Size": 30,
            "Shared": False,
            "InUse": False,
            "CreatedAt": "2000-01-01T00:00:00Z",
            "LastUsedAt": "2000-01-01T00:00:00Z",
            "UsageCount": 1,
        },
    ],
}


@pytest.fixture
def disk(wherry: CommandLine) -> CommandLine:
    wherry.engine.on("GET", "/system/df", body=USAGE)
    return wherry


def test_df_sums_up(disk: CommandLine) -> None:
    assert disk.output("system", "df") == (
        "TYPE            TOTAL     ACTIVE    SIZE      RECLAIMABLE\n"
        "Images          2         1         3kB       1kB (33%)\n"
        "Containers      2         1         400B      300B (75%)\n"
        "Local Volumes   3         1         50B       10B (20%)\n"
        "Build Cache     2         1         100B      30B\n"
    )
    assert json.loads(disk.output("system", "df", "--format", "json").splitlines()[0]) == {
        "Active": "1", "Reclaimable": "1kB (33%)", "Size": "3kB", "TotalCount": "2", "Type": "Images",
    }  # fmt: skip


def test_df_in_full(disk: CommandLine) -> None:
    out = disk.output("system", "df", "-v")
    sections = [block.split("\n\n", 1)[0] for block in out.split("\n\n")[::2]]
    assert [line for line in out.splitlines() if line.endswith((":", "B")) and "usage" in line] == [
        "Images space usage:", "Containers space usage:", "Local Volumes space usage:", "Build cache usage: 100B",
    ]  # fmt: skip
    assert sections[0] == "Images space usage:"
    assert "busybox      1         aaaaaaaaaaaa   " in out
    assert (
        "VOLUME NAME   LINKS     SIZE\ndata          1         40B\nold           0         10B\nremote        0         N/A\n"
        in out
    )
    assert "0123456789ab*   regular      70B       " in out


def test_df_in_full_as_json_is_in_the_order_of_the_tables(disk: CommandLine) -> None:
    everything = json.loads(disk.output("system", "df", "-v", "--format", "json"))
    assert list(everything) == ["Images", "Containers", "Volumes", "BuildCache"]
    assert everything["Volumes"][0] == {
        "Availability": "N/A", "Driver": "local", "Group": "N/A", "Labels": "a=1,b=2", "Links": "1",
        "Mountpoint": "/v/data/_data", "Name": "data", "Scope": "local", "Size": "40B", "Status": "N/A",
    }  # fmt: skip
    assert everything["BuildCache"][0]["ID"] == "0123456789abcdef*"
    message = 'template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *formatter.diskUsageContext\n'
    assert disk.run("system", "df", "-v", "--format", "{{.Foo}}") == (1, "", message)


def test_df_by_a_template_of_everything(disk: CommandLine) -> None:
    template = "{{range .Containers}}{{.Names}} {{.Size}};{{end}}{{range .Volumes}}{{.Name}} {{end}}"
    assert disk.output("system", "df", "-v", "--format", template) == "up 100B;down 300B;data old remote "
    message = 'template parsing error: template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *formatter.diskUsageImagesContext\n'
    assert disk.run("system", "df", "--format", "{{.Foo}}") == (1, "", message)


@pytest.fixture
def pruning(wherry: CommandLine) -> CommandLine:
    on = wherry.engine.on
    on("POST", "/containers/prune", body={"ContainersDeleted": ["c1", "c2"], "SpaceReclaimed": 1000})
    on("POST", "/networks/prune", body={"NetworksDeleted": ["front"]})
    on("POST", "/volumes/prune", body={"VolumesDeleted": None, "SpaceReclaimed": 0})
    on(
        "POST",
        "/images/prune",
        body={"ImagesDeleted": [{"Untagged": "a:1"}, {"Deleted": "sha256:1"}], "SpaceReclaimed": 500},
    )
    on("POST", "/build/prune", body={"CachesDeleted": ["x"], "SpaceReclaimed": 0})
    return wherry


DELETED = """Deleted Containers:
c1
c2

Deleted Networks:
front

Deleted Images:
untagged: a:1
deleted: sha256:1

Deleted build cache objects:
x

Total reclaimed space: 1.5kB
"""


def test_system_prune(pruning: CommandLine) -> None:
    assert pruning.output("system", "prune", "-f", "--filter", "label=x") == DELETED
    asked = {request.path: request.query for request in pruning.engine.requests}
    label = '{"label":{"x":true}}'
    assert asked == {
        "/containers/prune": {"filters": label},
        "/networks/prune": {"filters": label},
        "/images/prune": {"filters": '{"label":{"x":true},"dangling":{"true":true}}'},
        "/build/prune": {"filters": label},
    }


def test_system_prune_of_all(pruning: CommandLine) -> None:
    pruning.output("system", "prune", "-af", "--volumes")
    asked = {request.path: request.query for request in pruning.engine.requests}
    assert asked["/images/prune"] == {"filters": '{"dangling":{"false":true}}'}
    assert (asked["/build/prune"], "/volumes/prune" in asked) == ({"all": "1"}, True)


def answering(text: bytes, work: Callable[[], str]) -> str:
    """Run with ``text`` on stdin."""
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    kept = os.dup(0)
    os.dup2(reader, 0)
    os.close(reader)
    try:
        return work()
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@pytest.mark.parametrize("answer", [b"n\n", b"", b"\n", b"yep\n"])
def test_only_yes_is_yes(pruning: CommandLine, answer: bytes) -> None:
    out = answering(answer, lambda: pruning.output("container", "prune"))
    assert out == "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] "
    assert pruning.engine.requests == []


def test_yes(pruning: CommandLine) -> None:
    out = answering(b"Y\nrest", lambda: pruning.output("image", "prune", "-a"))
    assert out == (
        "WARNING! This will remove all images without at least one container associated to them.\n"
        "Are you sure you want to continue? [y/N] Deleted Images:\nuntagged: a:1\ndeleted: sha256:1\n\n"
        "Total reclaimed space: 500B\n"
    )


def test_the_warning_names_filters(pruning: CommandLine) -> None:
    out = answering(
        b"n\n", lambda: pruning.output("system", "prune", "-a", "--filter", "until=1h", "--filter", "label=x")
    )
    assert out == (
        "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n"
        "  - all images without at least one container associated to them\n  - all build cache\n\n"
        "  Items to be pruned will be filtered with:\n  - label=x\n  - until=1h\n\n"
        "Are you sure you want to continue? [y/N] "
    )


def test_volumes_have_no_age(pruning: CommandLine) -> None:
    message = 'ERROR: The "until" filter is not supported with "--volumes"\n'
    assert pruning.run("system", "prune", "--volumes", "--filter", "until=1h") == (1, "", message)
