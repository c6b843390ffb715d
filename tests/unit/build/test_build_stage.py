"""The history and the configuration that dockerd 26.1.5 makes of the same files were asked of it."""

import pytest

from wherry.build.plan.actions import (
    AgentMount,
    BindMount,
    CacheMount,
    CopyFiles,
    InlineFile,
    MakeDirectory,
    RunCommand,
    SecretMount,
    TmpfsMount,
)
from wherry.build.plan.graph import plan
from wherry.build.plan.origins import StageSource
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.stage import StageState, Step, begin, cache_key, created_by, interpret, triggers, unconsumed
from wherry.errors import InvalidArgument
from wherry.model.image import Healthcheck, ImageConfig, Platform
from wherry.plan.dockerfile import parse

HOST = Platform(os="linux", architecture="amd64")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def steps(text: str, base: ImageConfig | None = None, **asked: dict[str, str | None]) -> list[Step]:
    """The steps of the last stage."""
    request = BuildRequest(host_platform=HOST, build_args=asked.get("build_args", {}))
    graph = plan(parse(text), request)
    state = begin(graph, graph.target, request, StageState(config=base) if base else None)
    found = []
    for instruction in (*triggers(base), *graph.target.instructions):
        found.append(interpret(state, instruction))
        state = found[-1].state
    return found


def last(text: str, base: ImageConfig | None = None) -> Step:
    return steps(text, base)[-1]


def test_the_history_is_dockers() -> None:
    text = """FROM busybox
ARG X=1
ARG Y
ENV a=b c="d e" f=g\\ h
LABEL x=$X y='a b'
EXPOSE 80 81-82/udp $X
VOLUME /a /b
USER foo
WORKDIR /x
WORKDIR y
STOPSIGNAL SIGINT
SHELL ["/bin/sh","-ec"]
RUN echo $X
RUN ["echo","hi"]
ENTRYPOINT ["a","b"]
CMD x y z
ENTRYPOINT foo
ONBUILD RUN echo   a
MAINTAINER me $X  you
COPY f /g
COPY --chown=1:2 f Dockerfile h/
ADD f /i
COPY f $a
"""
    made = steps(text, ImageConfig(env=(PATH,)), build_args={"Y": "q"})
    assert [created_by(step, "file:abc") for step in made] == [
        "/bin/sh -c #(nop)  ARG X=1",
        "/bin/sh -c #(nop)  ARG Y",
        "/bin/sh -c #(nop)  ENV a=b c=d e f=g h",
        "/bin/sh -c #(nop)  LABEL x=1 y=a b",
        "/bin/sh -c #(nop)  EXPOSE 1 80 81-82/udp",
        "/bin/sh -c #(nop)  VOLUME [/a /b]",
        "/bin/sh -c #(nop)  USER foo",
        "/bin/sh -c #(nop) WORKDIR /x",
        "/bin/sh -c #(nop) WORKDIR /x/y",
        "/bin/sh -c #(nop)  STOPSIGNAL SIGINT",
        "/bin/sh -ec #(nop)  SHELL [/bin/sh -ec]",
        "|2 X=1 Y=q /bin/sh -ec echo $X",
        "|2 X=1 Y=q echo hi",
        '/bin/sh -ec #(nop)  ENTRYPOINT ["a" "b"]',
        '/bin/sh -ec #(nop)  CMD ["/bin/sh" "-ec" "x y z"]',
        '/bin/sh -ec #(nop)  ENTRYPOINT ["/bin/sh" "-ec" "foo"]',
        "/bin/sh -ec #(nop)  ONBUILD RUN echo   a",
        "/bin/sh -ec #(nop)  MAINTAINER me $X  you",
        "/bin/sh -ec #(nop) COPY file:abc in /g ",
        "/bin/sh -ec #(nop) COPY --chown=1:2 file:abc in h/ ",
        "/bin/sh -ec #(nop) ADD file:abc in /i ",
        "/bin/sh -ec #(nop) COPY file:abc in b ",
    ]
    assert made[-1].state.author == "me $X  you"
    assert made[-1].state.config == ImageConfig(
        user="foo",
        exposed_ports=("80/tcp", "81/udp", "82/udp", "1/tcp"),
        env=(PATH, "a=b", "c=d e", "f=g h"),
        entrypoint=("/bin/sh", "-ec", "foo"),
        command=("/bin/sh", "-ec", "x y z"),
        volumes=("/a", "/b"),
        working_dir="/x/y",
        labels={"x": "1", "y": "a b"},
        stop_signal="SIGINT",
        on_build=("RUN echo   a",),
        shell=("/bin/sh", "-ec"),
    )


def test_scratch_has_a_path() -> None:
    assert last("FROM scratch\nUSER a").state.config.env == (PATH,)


def test_a_base_gives_its_triggers_away() -> None:
    base = ImageConfig(on_build=("ENV a=1", "LABEL b=$a"))
    config = last("FROM x\nUSER u", base).state.config
    assert (config.labels, config.on_build) == ({"b": "1"}, ())


def test_an_entrypoint_drops_the_command_of_the_base() -> None:
    base = ImageConfig(command=("old",))
    assert last('FROM x\nENTRYPOINT ["e"]', base).state.config.command is None
    assert last('FROM x\nCMD ["c"]\nENTRYPOINT ["e"]', base).state.config.command == ("c",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("NONE", """{["NONE"] "0s" "0s" "0s" "0s" '\\x00'}"""),
        (
            '--interval=90s --timeout=1m --start-period=1.5s --start-interval=250ms --retries=3 CMD ["a","b c"]',
            """{["CMD" "a" "b c"] "1m30s" "1m0s" "1.5s" "250ms" '\\x03'}""",
        ),
        (
            '--retries=40 --interval=2h CMD echo "x"',
            """{["CMD-SHELL" "echo \\"x\\""] "2h0m0s" "0s" "0s" "0s" '('}""",
        ),
    ],
)
def test_the_history_tells_a_healthcheck_as_go_does(text: str, told: str) -> None:
    assert created_by(last(f"FROM scratch\nHEALTHCHECK {text}\n")) == f"/bin/sh -c #(nop)  HEALTHCHECK &{told}"


def test_healthchecks() -> None:
    check = last("FROM x\nHEALTHCHECK --retries=2 CMD curl x").state.config.healthcheck
    assert check == Healthcheck(test=("CMD-SHELL", "curl x"), retries=2)
    assert last("FROM x\nHEALTHCHECK NONE").state.config.healthcheck == Healthcheck(test=("NONE",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ARG a=1\nFROM x\nLABEL l=$a", ""),
        ("ARG a=1\nFROM x\nARG a\nLABEL l=$a", "1"),
        ("ARG a=1\nFROM x\nARG a=2\nLABEL l=$a", "2"),
        ("FROM x\nARG a=1\nENV a=2\nARG a=3\nLABEL l=$a", "2"),
        ("FROM x\nARG given=1\nLABEL l=$given", "asked"),
        ("FROM x\nLABEL l=$given", ""),
        ("FROM x\nARG bare=1\nLABEL l=$bare", "1"),
        ("ARG bare=1\nFROM x\nARG bare\nLABEL l=$bare", "1"),
        ("FROM x\nLABEL l=$HTTP_PROXY", "p"),
        ("FROM x\nARG TARGETARCH\nLABEL l=$TARGETARCH", "amd64"),
        ("FROM x\nENV a=1\nENV a=2 b=$a\nLABEL l=$b", "1"),
    ],
)
def test_arguments_have_scopes(text: str, value: str) -> None:
    made = steps(text, build_args={"given": "asked", "HTTP_PROXY": "p", "bare": None})
    assert made[-1].state.config.labels["l"] == value


def test_a_command_sees_environment_arguments_and_proxies() -> None:
    run = steps("FROM x\nENV e=1\nARG b=2 a=1 e=3\nRUN make", build_args={"http_proxy": "p"})[-1]
    assert run.action == RunCommand(
        argv=("/bin/sh", "-c", "make"), env=(PATH, "e=1", "a=1", "b=2"), proxies=("http_proxy=p",)
    )
    assert created_by(run) == "|2 a=1 b=2 /bin/sh -c make"


@pytest.mark.parametrize(
    ("text", "argv", "script"),
    [
        ("RUN <<EOF\na\nb\nEOF", ("/bin/sh", "-c", "a\nb\n"), None),
        ("RUN <<EOF cat\na\nEOF", ("/bin/sh", "-c", "<<EOF cat\na\nEOF"), None),
        (
            "RUN <<EOF\n#!/bin/awk\nx\nEOF",
            ("/bin/sh", "-c", "/dev/pipes/EOF"),
            InlineFile("EOF", "#!/bin/awk\nx\n"),
        ),
    ],
)
def test_documents_are_commands(text: str, argv: tuple[str, ...], script: InlineFile | None) -> None:
    action = last(f"FROM x\n{text}").action
    assert isinstance(action, RunCommand)
    assert (action.argv, action.script) == (argv, script)


def test_mounts_of_a_command() -> None:
    text = (
        "FROM x AS tools\nFROM y\nWORKDIR /w\nENV d=/data\n"
        "RUN --mount=target=src --mount=from=tools,source=bin,dst=/t,rw"
        " --mount=type=cache,target=$d,sharing=locked,id=c,mode=700,uid=5 --mount=type=tmpfs,target=/tmp,size=1m"
        " --mount=type=secret,id=d/s,uid=7 --mount=type=secret,target=key,mode=777,required"
        " --mount=type=ssh --mount=type=ssh,id=work,required true"
    )
    action = last(text).action
    assert isinstance(action, RunCommand)
    assert action.mounts == (
        BindMount(target="/w/src"),
        BindMount(target="/t", origin=StageSource(0), path="/bin", read_only=False),
        CacheMount(target="/data", id="c", sharing="locked", mode=0o700, uid=5),
        TmpfsMount(target="/tmp", size=1 << 20),
        SecretMount(target="/run/secrets/s", id="d/s", uid=7),
        SecretMount(target="/w/key", id="key", mode=0o777, required=True),
        AgentMount(target="/run/buildkit/ssh_agent.0", id="default"),
        AgentMount(target="/run/buildkit/ssh_agent.1", id="work", required=True),
    )
    assert "SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0" in action.env


@pytest.mark.parametrize(
    ("mount", "message"),
    [
        ("type=foo,target=/x", 'unsupported mount type "foo"'),
        ("type=tmpfs,foo=x", "unexpected key 'foo' in 'foo=x' (did you mean from?)"),
        ("type=bind,target=/x,mode=1", 'mode not allowed for "bind" type mounts'),
        ("type=secret,id=s,uid=4294967296", "invalid value 4294967296 for uid"),
        ("type=secret,id=s,gid=-1", "invalid value -1 for gid"),
        ("type=secret,id=s,mode=8", "invalid value 8 for mode"),
        ("type=secret", "one of source, target required"),
        ("type=secret,id=s,env=S", "unexpected key 'env' in 'env=S'"),
        ("target=/", 'invalid mount target "/"'),
    ],
)
def test_what_is_no_mount_is_told(mount: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        last(f"FROM x\nRUN --mount={mount} true")
    assert str(caught.value) == message


def test_paths_of_copies_stay_below_their_roots() -> None:
    action = last("FROM x\nWORKDIR /w\nCOPY --parents ../../a/./b/../c /d/ e/.").action
    assert action == CopyFiles(sources=("a/./c", "d"), destination="/w/e/", parents=True)


def test_documents_become_files_and_variables_in_them_count() -> None:
    action = last("FROM x\nENV v=1\nCOPY <<a <<'b' /d/\n\"$v\"\na\n$v\nb\n").action
    assert action == CopyFiles(files=(InlineFile("a", '"1"\n'), InlineFile("b", "$v\n")), destination="/d/")


def test_add_fetches() -> None:
    action = last("FROM x\nADD --checksum=sha256:1 https://host/f /d").action
    assert action == CopyFiles(urls=("https://host/f",), destination="/d", unpack=None, checksum="sha256:1")


def test_a_working_directory_is_made() -> None:
    assert last("FROM x\nWORKDIR a/../b/").action == MakeDirectory("/b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EXPOSE x", "Invalid containerPort: x"),
        ("EXPOSE 80/foo", "Invalid proto: foo"),
        ("EXPOSE 90-80", "Invalid containerPort: 90-80"),
        ("STOPSIGNAL FOO", "invalid signal: FOO"),
        ("WORKDIR $none", "cannot normalize nothing"),
        ("ENV $none=a", "invalid environment variable: =a"),
        (
            "COPY a b c",
            "When using COPY with more than one source file, the destination must be a directory and end with a /",
        ),
    ],
)
def test_what_makes_no_sense_is_told(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        last(f"FROM x\n{text}")
    assert str(caught.value) == message


def test_the_cache_counts_what_a_result_hangs_on() -> None:
    def key(text: str, content: str = "", **args: str | None) -> str:
        return cache_key("parent", steps(f"FROM x\n{text}", build_args=args)[-1], content)

    assert key("RUN a", http_proxy="p") == key("RUN   a")
    assert key("ARG v\nRUN a", v="1") != key("ARG v\nRUN a", v="2")
    assert key("ENV a=1\nRUN a") != key("RUN a")
    assert key("COPY a /b", "file:1") != key("COPY a /b", "file:2")


def test_arguments_that_nobody_asked_for_are_known() -> None:
    args: dict[str, str | None] = {"used": "1", "global": "1", "HTTP_PROXY": "1", "z": "1", "extra": "1"}
    request = BuildRequest(host_platform=HOST, build_args=args)
    made = steps("ARG global\nFROM x\nARG used", build_args=args)
    assert unconsumed(request, (made[-1].state,)) == ("extra", "z")


def test_a_stage_has_the_arguments_of_the_stage_that_it_stands_on() -> None:
    request = BuildRequest(host_platform=HOST)
    graph = plan(parse("FROM x AS base\nARG a=1\nFROM base\nLABEL l=$a"), request)
    base, child = graph.stages
    under = interpret(begin(graph, base, request, None), base.instructions[0]).state
    state = begin(graph, child, request, under)
    assert interpret(state, child.instructions[0]).state.config.labels == {"l": "1"}


def test_a_trigger_can_copy_only_from_stages_that_are_built() -> None:
    base = ImageConfig(on_build=("COPY --from=tools /t /t",))
    used = "FROM x AS tools\nFROM y\nCOPY --from=tools /a /a"
    assert steps(used, base)[0].action == CopyFiles(sources=("t",), destination="/t", origin=StageSource(0))
    with pytest.raises(InvalidArgument, match="so it is not built"):
        steps("FROM x AS tools\nFROM y", base)
