"""ps, images, history: what is asked of the engine and what is printed, as Docker's client does it."""
# ruff: noqa: E501  tables are wide

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import CommandLine
from test_start_up import HEAVY, SCRIPT, SOURCE

IMAGE_ID = "sha256:45a29b48f67cc24f009377a71e82172839383e7a8c4cd3ed3bf17ecaf34b646e"
DIGEST = "sha256:" + "a4" * 32
CREATED = 1_700_000_000
WEB = {
    "Id": "794263d9c3d3337757d85614be6f2b8f5e25f4b8854705da0901e4f6909fd58e", "Names": ["/db/web", "/web"],
    "Image": "docker.io/library/busybox:latest@" + DIGEST, "ImageID": IMAGE_ID, "Command": "sh -c 'sleep 3000 && true'",
    "Created": CREATED, "Labels": {"b": "2", "a": "<1>"}, "State": "running", "Status": "Up 2 hours (healthy)",
    "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}, {"PrivatePort": 443, "Type": "tcp"}],
    "NetworkSettings": {"Networks": {"bridge": {}, "front": {}}}, "SizeRw": 2, "SizeRootFs": 2026601,
    "Mounts": [{"Type": "volume", "Name": "a41b3fa58391705ed4341e8e", "Source": "/v", "Driver": "local"}, {"Type": "bind", "Source": "/src"}],
}  # fmt: skip
GONE = {
    **WEB, "Id": "f" * 64, "Names": ["/old"], "Image": IMAGE_ID, "Command": "true", "Labels": None, "Ports": None,
    "State": "exited", "Status": "Exited (0) 2 hours ago", "NetworkSettings": None, "Mounts": None,
}  # fmt: skip


@pytest.fixture
def containers(wherry: CommandLine) -> CommandLine:
    wherry.engine.on("GET", "/containers/json", body=[WEB, GONE])
    return wherry


def query(line: CommandLine) -> dict[str, str]:
    return line.engine.requests[-1].query


def test_ps_prints_dockers_table(containers: CommandLine) -> None:
    age = f"{int((time.time() - CREATED) // 3600) // 24 // 365} years ago"
    assert containers.output("ps", "-a") == (
        "CONTAINER ID   IMAGE            COMMAND                  CREATED       STATUS                   PORTS                           NAMES\n"
        f'794263d9c3d3   busybox:latest   "sh -c \'sleep 3000 &…"   {age}   Up 2 hours (healthy)     443/tcp, 0.0.0.0:8080->80/tcp   web\n'
        f'ffffffffffff   45a29b48f67c     "true"                   {age}   Exited (0) 2 hours ago                                   old\n'
    )
    assert query(containers) == {"all": "1"}


def test_ps_without_cutting(containers: CommandLine) -> None:
    out = containers.output("ps", "--no-trunc", "--format", "{{.ID}}|{{.Image}}|{{.Command}}|{{.Names}}|{{.Mounts}}")
    assert out.splitlines()[0] == "|".join(
        (WEB["Id"], WEB["Image"], "\"sh -c 'sleep 3000 && true'\"", "db/web,web", "a41b3fa58391705ed4341e8e,/src")  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        ([], {}),
        (["-n", "3"], {"limit": "3"}),
        (["-l"], {"limit": "1"}),
        (["-s"], {"size": "1"}),
        (["--format", "{{.Size}}"], {"size": "1"}),
        (
            ["-q", "-f", "Name=web", "--filter", "label=a", "--filter", "label=b"],
            {"filters": '{"name":{"web":true},"label":{"a":true,"b":true}}'},
        ),
    ],
)
def test_what_ps_asks_for(containers: CommandLine, argv: list[str], asked: dict[str, str]) -> None:
    containers.output("ps", *argv)
    assert query(containers) == asked


@pytest.mark.parametrize(
    ("template", "out"),
    [
        ("{{.Labels}}|{{.Label \"a\"}}|{{.LocalVolumes}}|{{.Networks}}", "a=<1>,b=2|<1>|1|bridge,front\n||0|\n"),
        ("{{.State}} {{.HealthStatus}} {{.CreatedAt}}", "running healthy 2023-11-14 22:13:20 +0000 UTC\nexited  2023-11-14 22:13:20 +0000 UTC\n"),
        ("{{.Size}}", "2B (virtual 2.03MB)\n2B (virtual 2.03MB)\n"),
        ("{{json .Names}}", '"web"\n"old"\n'),
        (r"table {{.Names}}\t{{upper .State}}\t{{.Label ""\"com.x.foo-bar\"}}", "NAMES     STATE     foo bar\nweb       RUNNING   \nold       EXITED    \n"),
        ("table {{.Names}}", "NAMES\nweb\nold\n"),
        ("raw", None),
    ],
)  # fmt: skip
def test_ps_by_a_template(containers: CommandLine, template: str, out: str | None) -> None:
    printed = containers.output("ps", "--format", template)
    if out is None:
        assert printed.splitlines()[:3] == [
            "container_id: 794263d9c3d3",
            "image: busybox:latest",
            'command: "sh -c \'sleep 3000 &…"',
        ]
    else:
        assert printed == out


def test_ps_as_json(containers: CommandLine) -> None:
    line = containers.output("ps", "--format", "json").splitlines()[0]
    assert '"Labels":"a=\\u003c1\\u003e,b=2"' in line
    fields = json.loads(line)
    assert list(fields) == sorted(fields)
    assert (fields["ID"], fields["Networks"], fields["Size"]) == ("794263d9c3d3", "bridge,front", "2B (virtual 2.03MB)")


def test_the_format_of_the_configuration_is_the_default_but_for_ids(containers: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"psFormat": "{{.Names}}!"}')
    assert containers.output("ps") == "web!\nold!\n"
    assert containers.output("ps", "-q") == "794263d9c3d3\nffffffffffff\n"


def test_ids_win_over_a_format(containers: CommandLine) -> None:
    warning = "WARNING: Ignoring custom format, because both --format and --quiet are set.\n"
    assert containers.run("ps", "-q", "--format", "table") == (0, "794263d9c3d3\nffffffffffff\n", warning)


@pytest.mark.parametrize(
    ("argv", "status", "err"),
    [
        (
            ["--format", "{{.Foo}}"],
            1,
            'failed to execute template: template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *formatter.ContainerContext\n',
        ),
        (["--format", "{{foo}}"], 1, 'failed to parse template: template: :1: function "foo" not defined\n'),
        (
            ["-f", "foo"],
            125,
            'invalid argument "foo" for "-f, --filter" flag: bad format of filter (expected name=value)\nSee \'wherry ps --help\'.\n',
        ),
    ],
)
def test_what_ps_refuses(containers: CommandLine, argv: list[str], status: int, err: str) -> None:
    assert containers.run("ps", *argv) == (status, "", err)


IMAGES = [
    {
        "Id": IMAGE_ID,
        "Created": CREATED,
        "Size": 2026601,
        "SharedSize": -1,
        "Containers": -1,
        "RepoTags": ["busybox:latest", "a/b:1", "a/b:2"],
        "RepoDigests": [f"a/b@{DIGEST}", f"c@{DIGEST}"],
    },
    {
        "Id": "sha256:" + "b" * 64,
        "Created": 0,
        "Size": 10,
        "SharedSize": 4,
        "Containers": 2,
        "RepoTags": [],
        "RepoDigests": [],
    },
]


@pytest.fixture
def images(wherry: CommandLine) -> CommandLine:
    wherry.engine.on("GET", "/images/json", body=IMAGES)
    return wherry


def test_images_has_a_line_for_each_name(images: CommandLine) -> None:
    age = f"{int((time.time() - CREATED) // 3600) // 24 // 365} years ago"
    assert images.output("images") == (
        "REPOSITORY   TAG       IMAGE ID       CREATED       SIZE\n"
        f"busybox      latest    45a29b48f67c   {age}   2.03MB\n"
        f"a/b          1         45a29b48f67c   {age}   2.03MB\n"
        f"a/b          2         45a29b48f67c   {age}   2.03MB\n"
        f"c            <none>    45a29b48f67c   {age}   2.03MB\n"
        "<none>       <none>    bbbbbbbbbbbb   N/A           10B\n"
    )


def test_images_with_digests(images: CommandLine) -> None:
    out = images.output("images", "--digests", "--format", "{{.Repository}}:{{.Tag}}@{{.Digest}}")
    assert out.splitlines() == [
        "busybox:latest@<none>",
        f"a/b:1@{DIGEST}",
        f"a/b:2@{DIGEST}",
        f"c:<none>@{DIGEST}",
        "<none>:<none>@<none>",
    ]


def test_images_by_other_formats(images: CommandLine) -> None:
    template = "{{.Containers}} {{.SharedSize}} {{.UniqueSize}} {{.VirtualSize}}{{.CreatedSince}}"
    assert images.output("images", "--format", template).splitlines()[-1] == "2 4B 6B 10B"
    assert images.output("images", "-q", "--no-trunc").splitlines()[-1] == "sha256:" + "b" * 64
    assert images.output("images", "-q", "--format", "table").splitlines()[-1] == "b" * 12
    assert images.output("images", "-q", "--format", "<{{.ID}}>").splitlines()[-1] == f"<{'b' * 12}>"
    assert json.loads(images.output("images", "--format", "json").splitlines()[0])["Repository"] == "busybox"


def test_what_images_asks_for(images: CommandLine) -> None:
    images.output("images", "-a", "-f", "dangling=true", "busybox:*")
    assert query(images) == {"all": "1", "filters": '{"dangling":{"true":true},"reference":{"busybox:*":true}}'}


LAYERS = [
    {
        "Id": IMAGE_ID,
        "Created": CREATED,
        "CreatedBy": "RUN\tmake && " + "x" * 60,
        "Size": 2026601,
        "Comment": "buildkit",
        "Tags": None,
    },
    {"Id": "<missing>", "Created": 0, "CreatedBy": "", "Size": 0, "Comment": "", "Tags": None},
]


def test_history(wherry: CommandLine) -> None:
    wherry.engine.on("GET", "/images/busybox/history", body=LAYERS)
    age = f"{int((time.time() - CREATED) // 3600) // 24 // 365} years ago"
    assert wherry.output("history", "busybox") == (
        "IMAGE          CREATED       CREATED BY                                      SIZE      COMMENT\n"
        f"45a29b48f67c   {age}   RUN make && xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…   2.03MB    buildkit\n"
        "<missing>                                                                    0B        \n"
    )
    assert wherry.output("history", "-H=false", "busybox").splitlines()[1].split()[1] == "2023-11-14T22:13:20Z"
    assert wherry.output("history", "-q", "busybox") == "45a29b48f67c\n<missing>\n"
    assert wherry.output("history", "-q", "--format", "<{{.ID}}>", "busybox") == "<45a29b48f67c>\n<<missing>>\n"


@pytest.mark.parametrize("command", ["images", "version", "port abc", "top abc", "inspect abc", "info"])
def test_short_commands_import_nothing_heavy(wherry: CommandLine, command: str) -> None:
    engine = wherry.engine
    engine.on("GET", "/images/json", body=IMAGES)
    engine.on(
        "GET",
        "/version",
        body={"Version": "1", "ApiVersion": "1.45", "MinAPIVersion": "1.24", "GoVersion": "python3.13"},
    )
    engine.on(
        "GET",
        "/containers/abc/json",
        body={"Id": "abc", "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "80"}]}}},
    )
    engine.on("GET", "/containers/abc/top", body={"Titles": ["PID"], "Processes": [["1"]]})
    argv = [sys.executable, "-IS", "-c", SCRIPT, str(SOURCE), "-H", engine.host, *command.split()]
    modules = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True).stderr.splitlines()
    assert f"wherry.cli.commands.{command.split()[0].replace('port', 'ports')}" in modules
    assert not HEAVY & set(modules)
