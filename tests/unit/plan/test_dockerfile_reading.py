"""What dockerd 26.1.5 says of the same files was asked of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import DockerfileError, InvalidArgument
from wherry.plan.dockerfile import instructions as ast
from wherry.plan.dockerfile import parse
from wherry.plan.dockerfile.instructions import CommandLine, Heredoc, Pair, Position


def body(text: str) -> ast.Instruction:
    """The one instruction behind a FROM."""
    (_, instruction) = parse("FROM scratch\n" + text).instructions
    return instruction


def test_lines_are_joined_and_comments_inside_them_dropped() -> None:
    dockerfile = parse("# a file\nFROM busybox\n\nENV a=1 \\\n  # about b\n    b=2 \\\n\n c=3\nRUN true\n")
    _, env, run = dockerfile.instructions
    assert isinstance(env, ast.Env)
    assert env.pairs == (Pair("a", "1"), Pair("b", "2"), Pair("c", "3"))
    assert env.position == Position(4, 8)
    assert run.position == Position(9, 9)
    assert dockerfile.warnings == (
        "Empty continuation line found in: ENV a=1     b=2  c=3",
        "Empty continuation lines will become errors in a future release.",
    )


def test_a_line_that_ends_in_two_escapes_is_whole() -> None:
    assert len(parse("FROM x\nRUN a \\\\\nRUN b").instructions) == 3


def test_directives_stand_in_the_first_lines() -> None:
    dockerfile = parse("# syntax = docker/dockerfile:1\n#escape=`\nFROM x\nRUN dir c:\\ `\n /w")
    assert (dockerfile.syntax, dockerfile.escape) == ("docker/dockerfile:1", "`")
    assert dockerfile.instructions[1].text == "RUN dir c:\\  /w"
    assert parse("# hello\n# escape=`\nFROM x").escape == "\\"


def test_another_language_is_warned_of() -> None:
    (warning,) = parse("# syntax=example.com/other:1\nFROM x").warnings
    assert "example.com/other:1" in warning
    assert parse("# syntax=mirror.example.com/docker/dockerfile-upstream:master\nFROM x").warnings == ()


def test_marks_and_line_ends_of_other_systems_do_not_count() -> None:
    assert [line.text for line in parse("\ufeffFROM scratch\r\nLABEL a=b\r\n").instructions] == [
        "FROM scratch",
        "LABEL a=b",
    ]


def test_args_before_the_first_from_are_global() -> None:
    dockerfile = parse("ARG a=1 b\nFROM x AS Base\nARG c")
    assert [arg.args for arg in dockerfile.global_args] == [(("a", "1"), ("b", None))]
    assert isinstance(dockerfile.instructions[0], ast.From)
    assert dockerfile.instructions[0].name == "base"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CMD echo  $a", CommandLine(("echo  $a",), shell=True)),
        ('CMD [ "a", "b c" ]', CommandLine(("a", "b c"), shell=False)),
        ("CMD ['a']", CommandLine(("['a']",), shell=True)),
        ("CMD []", CommandLine((), shell=False)),
    ],
)
def test_commands_are_lists_or_lines_for_the_shell(text: str, expected: CommandLine) -> None:
    command = body(text)
    assert isinstance(command, ast.Cmd)
    assert command.command == expected


def test_copy_has_flags_and_paths() -> None:
    copy = body('COPY --from=x --chown="a:b" --link --exclude=p --exclude=q ["a b", "/c"]')
    assert isinstance(copy, ast.Copy)
    assert (copy.sources, copy.destination) == (("a b",), "/c")
    assert (copy.source, copy.chown, copy.link, copy.exclude) == ("x", "a:b", True, ("p", "q"))


def test_run_has_mounts() -> None:
    run = body("RUN --mount=type=cache,target=/x --mount=type=tmpfs,target=/y --network=none make")
    assert isinstance(run, ast.Run)
    assert run.mounts == ("type=cache,target=/x", "type=tmpfs,target=/y")
    assert (run.network, run.command.words) == ("none", ("make",))


def test_documents_follow_their_instruction() -> None:
    text = 'FROM x\nCOPY <<one <<-"two" three /d/\n$a\none\n\t\tx\n\ttwo\nRUN <<EOF\necho\nEOF\n'
    _, copy, run = parse(text).instructions
    assert isinstance(copy, ast.Copy)
    assert copy.heredocs == (Heredoc(name="one", content="$a\n"), Heredoc(name="two", content="x\n", expand=False))
    assert (copy.sources, copy.position) == (("three",), Position(2, 6))
    assert isinstance(run, ast.Run)
    assert run.heredocs == (Heredoc(name="EOF", content="echo\n"),)


def test_a_trigger_keeps_its_text_and_its_documents() -> None:
    trigger = body("ONBUILD   RUN  <<EOF\na\nEOF\n")
    assert isinstance(trigger, ast.Onbuild)
    assert trigger.trigger == "RUN  <<EOF\na\nEOF"


def test_a_health_check_has_times_in_nanoseconds() -> None:
    check = body("HEALTHCHECK --interval=5s --start-period=1m --retries=2 CMD curl x")
    assert isinstance(check, ast.HealthcheckCmd)
    assert (check.interval, check.start_period, check.retries) == (5 * 10**9, 60 * 10**9, 2)
    assert check.command == CommandLine(("curl x",), shell=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FOO x", "unknown instruction: FOO (did you mean FROM?)"),
        ("frm x", "unknown instruction: frm (did you mean from?)"),
        ("\\\n\n", "unknown instruction: "),
        ("XyZ", "unknown instruction: XyZ"),
        ("FROM a b c", "FROM requires either one or three arguments"),
        ("FROM x AS 1x", 'invalid name for build stage: "1x", name can\'t start with a number or contain symbols'),
        ("ARG", "ARG requires at least one argument"),
        ("ENV a", "ENV must have two arguments"),
        ("ENV =b", "ENV names can not be blank"),
        ("LABEL a=b c", 'Syntax error - can\'t find = in "c". Must be of the form: name=value'),
        ("COPY --fromm=x a b", "unknown flag: fromm (did you mean from?)"),
        ("COPY --chown a b", "missing a value on flag: chown"),
        ("COPY --chown=a --chown=b a b", "duplicate flag specified: chown"),
        ("COPY --link=x a b", "expecting boolean value for flag link, not: x"),
        (
            "ADD f",
            "ADD requires at least two arguments, but only one was provided. Destination could not be determined",
        ),
        ("CMD [1]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ('VOLUME [""]', "VOLUME specified can not be an empty string"),
        ("SHELL x", "SHELL requires the arguments to be in JSON form"),
        ("SHELL []", "SHELL requires at least one argument"),
        ("ONBUILD ONBUILD x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD " * 5000, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK --interval=1us CMD a", 'Interval "interval" cannot be less than 1ms'),
        ("HEALTHCHECK --retries=-1 CMD a", "--retries cannot be negative (-1)"),
        ("RUN --network=foo x", 'invalid network mode "foo"'),
        ("USER --x=y z", "unknown flag: x"),
        ("COPY <<EOF /x\nfoo\n", "unterminated heredoc"),
    ],
)
def test_what_is_no_instruction_is_told_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parse(f"FROM scratch\n\n{text}")
    assert str(caught.value) == f"dockerfile parse error on line 3: {reason}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing", "failed to parse Dockerfile: file with no instructions"),
        ("RUN x", "dockerfile parse error on line 1: no build stage in current context"),
        ("ARG a", "no build stage in current context"),
        (
            "# escape=x\nFROM a",
            "dockerfile parse error on line 1: invalid escape token 'x' does not match ` or \\",
        ),
        (
            "# escape=`\n# escape=`\nFROM a",
            "dockerfile parse error on line 2: only one escape parser directive can be used",
        ),
    ],
)
def test_what_is_no_dockerfile_is_told(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(text)
    assert str(caught.value) == message


LINES = st.sampled_from(
    [
        "FROM a",
        "RUN x \\",
        "# c",
        "#escape=`",
        "COPY <<A <<-'B' /",
        "A",
        "\tB",
        "ENV a='b",
        'CMD ["',
        "ONBUILD RUN <<A",
        "",
    ]
)


@given(st.lists(LINES | st.text(max_size=12)))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        dockerfile = parse("\n".join(lines))
    except InvalidArgument:
        return
    assert isinstance(dockerfile.instructions[0], ast.From)
