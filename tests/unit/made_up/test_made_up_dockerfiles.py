"""Any text is a Dockerfile whose steps are known, or is refused with a reason; neither takes long or much memory."""

from hypothesis import given
from hypothesis import strategies as st

from wherry.build.plan.graph import plan
from wherry.build.plan.request import BuildRequest
from wherry.build.plan.stage import StageState, begin, cache_key, created_by, interpret, triggers
from wherry.errors import InvalidArgument
from wherry.model.image import ImageConfig, Platform
from wherry.plan.dockerfile import parse
from wherry.plan.images.changes import apply_changes
from wherry.tar.builds.ignoring import read_ignored

HOST = Platform(os="linux", architecture="amd64")
VERBS = st.sampled_from(
    [
        "FROM", "RUN", "COPY", "ADD", "ENV", "ARG", "LABEL", "ONBUILD", "HEALTHCHECK", "SHELL", "USER", "WORKDIR",
        "VOLUME", "EXPOSE", "STOPSIGNAL", "CMD", "ENTRYPOINT", "MAINTAINER",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "a", "$a", "${a:-$b}", "${a//b/c}", "${a%%*}", "a=b", "a=$a$a", "AS", "x", "scratch", "busybox", "--from=0",
        "--from=x", "--mount=type=cache,target=/c", "--mount=type=bind,from=y,source=/,target=/m,rw", "--chmod=u=rwX",
        "--chmod=²", "--chown=²:1", "--link", "<<E", "<<-'E' <<F", "E", "F", '["a", "b"]', "[", "\\", "`", "'", '"',
        "80-90/tcp", "0-65535", "--interval=1h", "--retries=9999999999999999999999", "NONE", "CMD", "../..", "/", "*",
        "[a-", "git@host:r.git", "https://h/f", "https://[", "--checksum=sha256:0", "--exclude=**", "--parents",
        "--platform=a/b/c/d", "--security=insecure",
    ]
) | st.text(max_size=4)  # fmt: skip
LINES = st.tuples(VERBS, st.lists(WORDS, max_size=5)).map(lambda line: " ".join([line[0], *line[1]])) | WORDS
TEXTS = st.lists(LINES, max_size=12).map("\n".join)


@given(TEXTS, st.sampled_from(["", "# escape=`\n", "# syntax=docker/dockerfile:1\n# check=skip=all\n"]))
def test_any_dockerfile_has_steps_or_is_refused(text: str, directives: str) -> None:
    request = BuildRequest(host_platform=HOST, build_args={"a": "1", "b": None}, labels={"l": "$a"})
    try:
        graph = plan(parse(f"{directives}FROM busybox\n{text}"), request)
        for stage in graph.stages:
            state = begin(graph, stage, request, StageState(config=ImageConfig(env=("a=x", "PATH=/bin"))))
            for instruction in stage.instructions:
                step = interpret(state, instruction)
                assert created_by(step) and cache_key("", step)
                state = step.state
    except InvalidArgument as error:
        assert str(error)


@given(st.lists(LINES, max_size=4))
def test_any_trigger_and_any_change_is_an_instruction_or_refused(lines: list[str]) -> None:
    for work in (lambda: triggers(ImageConfig(on_build=tuple(lines))), lambda: apply_changes(ImageConfig(), lines)):
        try:
            work()
        except InvalidArgument as error:
            assert str(error)


@given(st.lists(st.text(alphabet="ab*?[]^-!\\/.# é", max_size=40), max_size=5).map("\n".join))
def test_any_list_of_what_to_ignore_is_read_or_refused_and_soon_asked(text: str) -> None:
    try:
        ignored = read_ignored(text)
    except ValueError as error:
        assert str(error) in ("syntax error in pattern", 'illegal exclusion pattern: "!"')
        return
    for path in ("a", "a/b", "/".join(["a" * 30] * 20)):
        assert (path in ignored) in (True, False)
        ignored.has_exceptions_below(path)
