"""Any text for a flag or a format is one, or is refused in words; neither breaks the command line nor takes long."""

from hypothesis import given
from hypothesis import strategies as st

from wherry.cli.flags import Flag, UsageError
from wherry.cli.formats.templates import Template, TemplateError
from wherry.cli.options.body import container_body
from wherry.cli.options.grammar import CREATE
from wherry.cli.session import CommandError

FLAGS = [flag for flag in CREATE.flags if flag.parse]
VALUES = (
    st.sampled_from(
        [
            "80", "80:80/udp", "[::1]:80-90:80-90", "a:b:c:d", "type=bind,src=/a,dst=/b", "type=tmpfs,tmpfs-mode=²",
            "a=b", "/dev/x:/dev/y:rwm", "c *:* rwm", "nofile=²:1", "1.5g", "9" * 30, "²", "-1", "on-failure:²",
            "10.0.0.1/33", "all", "device=0,capabilities=gpu", '"', "a,b=\n", "name=x,alias=", "a:host-gateway",
            "01:02:03:04:05:06", "1h²",
        ]
    )
    | st.text(max_size=6)
)  # fmt: skip


@given(st.sampled_from(FLAGS), VALUES)
def test_any_value_of_a_flag_is_taken_or_refused(flag: Flag, value: str) -> None:
    try:
        assert container_body(CREATE.parse([f"--{flag.name}={value}", "busybox"], "create"), {})
    except (UsageError, CommandError, ValueError) as error:
        assert str(error)
        assert "invalid literal" not in str(error)  # Python's words, not ours


TOKENS = st.sampled_from(
    [
        "{{", "}}", "{{-", "-}}", ".", ".Name", "$", "$x", "$x :=", "|", "(", ")", "if", "else", "end", "range",
        "with", "break", "define", "template", "block", '"t"', "index", "json", "printf", '"%[9]*.*v%"', '"%099999d"',
        "slice", "len", "eq", "lt", "and", "not", "split", "join", "pad", "truncate", "upper", "println", "1", "-1",
        "1e9", "'a'", "nil", "true", ".List", ".Map", "call", "html", "js", "urlquery", "table", "99999999999",
    ]
)  # fmt: skip
DATA = {"Name": "web", "List": ["a", 1, None, ["b"]], "Map": {"a": {"b": 2}}, "Number": 1.5, "Flag": True}


@given(st.lists(TOKENS | st.text(max_size=2), max_size=12).map(" ".join))
def test_any_template_gives_a_text_or_an_error(text: str) -> None:
    try:
        given_text = Template("{{" + text + "}}").execute(DATA)
    except TemplateError as error:
        assert str(error).startswith("template: :")
        return
    assert len(given_text) < 1 << 20
