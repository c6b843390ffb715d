"""Flags by pflag's rules. The complaints were asked of Docker's own command line."""

import pytest

from wherry.cli.flags import Command, Flag, HelpRequested, Options, UsageError
from wherry.cli.flags.usages import flag_usages
from wherry.cli.flags.values import parse_bytes, parse_duration, parse_nano_cpus, parse_swap

FLAGS = (
    Flag("all", "bool", short="a"),
    Flag("quiet", "bool", short="q"),
    Flag("proxy", "bool", default=True),
    Flag("name", "string", short="n"),
    Flag("last", "int", short="l", default=-1),
    Flag("env", "list", short="e"),
    Flag("sysctl", "map"),
    Flag("memory", "bytes", short="m"),
    Flag("time", "int"),
    Flag("timeout", "int", of="time"),
)
LOOSE = Command("[OPTIONS] [THING...]", "Does things", FLAGS, maximum=None)
STRICT = Command("[OPTIONS] [THING...]", "Does things", FLAGS, maximum=None, interspersed=False)


def loose(*argv: str) -> Options:
    return LOOSE.parse(list(argv), "ps")


def complaint(*argv: str) -> str:
    with pytest.raises(UsageError) as caught:
        loose(*argv)
    assert caught.value.status == 125
    text, hint = str(caught.value).split("\n")
    assert hint == "See 'wherry ps --help'."
    return text


@pytest.mark.parametrize("argv", [["-n", "x"], ["-nx"], ["-n=x"], ["--name", "x"], ["--name=x"], ["-aqnx"]])
def test_spellings_of_a_value(argv: list[str]) -> None:
    assert loose(*argv)["name"] == "x"


@pytest.mark.parametrize(
    ("argv", "value"),
    [
        (["-a"], True), (["--all"], True), (["--all=true"], True), (["--all=1"], True), (["-a=t"], True),
        (["--all=false"], False), (["-a=F"], False), ([], False), (["--all", "false"], True),
    ],
)  # fmt: skip
def test_booleans(argv: list[str], value: bool) -> None:
    assert loose(*argv)["all"] is value


def test_what_was_not_given_has_its_default() -> None:
    options = loose()
    assert [options[name] for name in ("proxy", "name", "last", "env", "sysctl", "memory")] == [
        True, None, -1, [], {}, None,
    ]  # fmt: skip


def test_given_tells_a_default_from_the_same_value_given() -> None:
    assert not loose().given("last")
    assert loose("--last=-1").given("last")


def test_lists_keep_their_order_and_maps_their_last() -> None:
    options = loose("-e", "B=1", "--env", "A=1,2", "--sysctl", "a=1", "--sysctl", "a=2=3", "--sysctl", "b")
    assert options["env"] == ["B=1", "A=1,2"]
    assert options["sysctl"] == {"a": "2=3", "b": ""}


def test_another_spelling_sets_the_same_flag() -> None:
    assert loose("--timeout", "3")["time"] == 3


def test_flags_among_arguments() -> None:
    options = loose("x", "-a", "y", "--", "-q", "--", "z")
    assert (options.arguments, options["all"], options["quiet"]) == (["x", "y", "-q", "--", "z"], True, False)


def test_flags_end_at_the_first_argument() -> None:
    options = STRICT.parse(["-a", "image", "-q", "--", "--nope"], "run")
    assert (options.arguments, options["quiet"]) == (["image", "-q", "--", "--nope"], False)


def test_a_dash_is_an_argument() -> None:
    assert loose("-", "-a").arguments == ["-"]


def test_a_value_may_look_like_a_flag() -> None:
    assert loose("-n", "--all")["name"] == "--all"


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["--foo"], "unknown flag: --foo"),
        (["--foo=1"], "unknown flag: --foo"),
        (["-Z"], "unknown shorthand flag: 'Z' in -Z"),
        (["-aZq"], "unknown shorthand flag: 'Z' in -Zq"),
        (["--name"], "flag needs an argument: --name"),
        (["-an"], "flag needs an argument: 'n' in -n"),
        (["---x"], "bad flag syntax: ---x"),
        (["--=x"], "bad flag syntax: --=x"),
        (
            ["--all=maybe"],
            'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (["--last", "x"], 'invalid argument "x" for "-l, --last" flag: strconv.ParseInt: parsing "x": invalid syntax'),
        (
            ["--time", "99999999999999999999"],
            'invalid argument "99999999999999999999" for "--time" flag: strconv.ParseInt: parsing '
            '"99999999999999999999": value out of range',
        ),
        (["-m", "abc"], 'invalid argument "abc" for "-m, --memory" flag: invalid size: \'abc\''),
    ],
)
def test_complaints(argv: list[str], text: str) -> None:
    assert complaint(*argv) == text


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["x", "--help"], ["--help", "--foo"], ["-ah"]])
def test_help(argv: list[str]) -> None:
    with pytest.raises(HelpRequested) as caught:
        loose(*argv)
    assert (caught.value.command, caught.value.spelled) == (LOOSE, "ps")


def test_help_behind_the_image_belongs_to_the_container() -> None:
    assert STRICT.parse(["image", "--help"], "run").arguments == ["image", "--help"]


@pytest.mark.parametrize(
    ("bounds", "count", "words"),
    [
        ((0, 0), 1, "accepts no arguments"),
        ((1, 1), 0, "requires exactly 1 argument"),
        ((2, 2), 3, "requires exactly 2 arguments"),
        ((1, None), 0, "requires at least 1 argument"),
        ((2, None), 1, "requires at least 2 arguments"),
        ((0, 1), 2, "requires at most 1 argument"),
        ((1, 2), 3, "requires at least 1 and at most 2 arguments"),
    ],
)
def test_number_of_arguments(bounds: tuple[int, int | None], count: int, words: str) -> None:
    command = Command("[OPTIONS] X", "Does things", minimum=bounds[0], maximum=bounds[1])
    with pytest.raises(UsageError) as caught:
        command.parse(["x"] * count, "container ls")
    assert caught.value.status == 1
    assert str(caught.value) == (
        f"\"wherry container ls\" {words}.\nSee 'wherry container ls --help'.\n\n"
        "Usage:  wherry container ls [OPTIONS] X\n\nDoes things"
    )


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("5", 5), ("1k", 1024), ("1K", 1024), ("64MB", 64 << 20), ("64 MiB", 64 << 20), ("1.5g", 3 << 29),
        ("2tb", 2 << 40), ("0", 0), ("7b", 7),
    ],
)  # fmt: skip
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "-1", "5x", "1e3", "k", "1..5", "5 5", "1ki5"])
def test_wrong_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="invalid size"):
        parse_bytes(text)


def test_swap_may_be_unlimited() -> None:
    assert [parse_swap("-1"), parse_swap("1k")] == [-1, 1024]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("5s", 5 * 10**9),
        ("1.5h2m", 5520 * 10**9),
        ("500ms", 5 * 10**8),
        ("-1m", -60 * 10**9),
        ("1us2ns", 1002),
    ],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 'invalid duration ""'), ("3", 'missing unit in duration "3"'), ("3x", 'unknown unit "x" in duration "3x"'),
        ("s", 'invalid duration "s"'), ("1.2.3s", "invalid duration"), (".s", "invalid duration"),
    ],
)  # fmt: skip
def test_wrong_durations(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "nano"), [("1.5", 1_500_000_000), ("3/2", 1_500_000_000), (".5", 500_000_000), ("2", 2 * 10**9)]
)
def test_cpus(text: str, nano: int) -> None:
    assert parse_nano_cpus(text) == nano


@pytest.mark.parametrize(
    ("text", "words"), [("x", "rational"), ("", "rational"), ("1/0", "rational"), ("1/3", "precise")]
)
def test_wrong_cpus(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_nano_cpus(text)


def test_usages_are_aligned_and_wrapped_as_pflag_does() -> None:
    flags = (
        Flag("zeta", "bool", "Last"),
        Flag("filter", "list", "Filter output based on conditions", short="f", value_name="filter"),
        Flag(
            "format",
            "string",
            "First line:\nsecond line that is long enough to be wrapped at the margin",
            default_text='"x"',
        ),
        Flag("old", "string", "Not shown", hidden=True),
    )
    assert flag_usages(flags, 60) == (
        "  -f, --filter filter   Filter output based on conditions\n"
        "      --format string   First line:\n"
        "                        second line that is long\n"
        "                        enough to be wrapped at the\n"
        '                        margin (default "x")\n'
        "      --zeta            Last\n"
    )
