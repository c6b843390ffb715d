"""Go's text/template: results and error texts as Docker's own command line gives them."""
# ruff: noqa: E501  the tables have one case a line

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.cli.formats.shapes import typed, untyped
from wherry.cli.formats.templates import ExecError, ParseError, Template
from wherry.cli.formats.templates.functions import HEADER_FUNCTIONS
from wherry.cli.formats.templates.values import Header, Row

DATA = {
    "Name": "/web", "Pid": 4711, "Big": 9007199254740993, "Ratio": 1.5, "Running": True, "Dead": False, "None": None,
    "Empty": "", "Args": ["-c", "sleep 3"], "NoArgs": [], "Labels": {"b": "2", "a": "1", "x.y/z": "<&>é"},
    "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": None}, "State": {"Status": "up"},
}  # fmt: skip

RESULTS = {
    # text, trimming, comments
    "plain": "plain",
    "{{/* c */}}x": "x",
    "{{- /* c */ -}} a  {{- .Name -}}  b": "a/webb",
    "a\n  {{- if true -}}\n b\n  {{- end }}\nc": "ab\nc",
    # fields
    "{{.Name}}": "/web",
    "{{ .State.Status }}": "up",
    "{{.State}}|{{$.State}}": "map[Status:up]|map[Status:up]",
    "{{.Foo}} {{.Foo.Bar}}": "<no value> <no value>",
    "{{.None}}": "<no value>",
    "{{.Args}} {{.NoArgs}}": "[-c sleep 3] []",
    "{{.Labels}}": "map[a:1 b:2 x.y/z:<&>é]",
    "{{.Ports}}": "map[80/tcp:[map[HostIp:0.0.0.0 HostPort:8080]] 81/tcp:<nil>]",
    "{{.Big}} {{.Ratio}} {{.Running}}": "9007199254740993 1.5 true",
    '{{(index (index .Ports "80/tcp") 0).HostPort}}': "8080",
    # constants
    "{{0x10}} {{1_000}} {{010}} {{0b11}} {{0o17}} {{-5}} {{+3}} {{.5}} {{1e3}} {{0x1p4}}": "16 1000 8 3 15 -5 3 0.5 1000 16",
    "{{1e6}} {{123456.0}} {{0.0001}} {{0.00001}} {{3.0}}": "1e+06 123456 0.0001 1e-05 3",
    r"""{{'a'}} {{'\n'}} {{`raw\n`}} {{"esc\t\u00e9\x41\101"}}""": "97 10 raw\\n esc\téAA",
    # pipelines and functions
    '{{.Name | upper | printf "%8s|"}}': "    /WEB|",
    '{{"a" | printf "%s-%s" "b" | upper | len}}': "3",
    '{{join .Args ";"}} {{split "a,b,,c" ","}} {{len (split "a,b" ",")}}': "-c;sleep 3 [a b  c] 2",
    '{{title "hello world-foo it\'s a_b é"}} {{lower "ABC"}}': "Hello World-Foo It'S A_b É abc",
    '{{pad "x" 2 3}}|{{pad "" 2 3}}|{{truncate "hello" 2}}': "  x   ||he",
    '{{len .Args}} {{len .Name}} {{len "héllo"}} {{len .Labels}}': "2 4 6 3",
    '{{slice .Name 1}} {{slice .Name 1 3}} {{slice .Args 0 1}} {{slice "abc"}}': "web we [-c] abc",
    '{{index .Labels "a"}} {{index .Args 1}} {{index .Name 0}}': "1 sleep 3 47",
    '{{html "<a>&\'\\""}} {{js "a\'b\\"<>&=\\n"}}': "&lt;a&gt;&amp;&#39;&#34; a\\'b\\\"\\u003C\\u003E\\u0026\\u003D\\u000A",
    '{{urlquery "a b/c?d=é"}}': "a+b%2Fc%3Fd%3D%C3%A9",
    '{{print 1 2 "a" "b" 3}} {{println "a" 1}}x': "1 2ab3 a 1\nx",
    "{{json .Labels}} {{json .None}} {{json .Foo}} {{json .Big}}": '{"a":"1","b":"2","x.y/z":"<&>é"} null null 9007199254740993',
    '{{json 1.5}} {{json 1e21}} {{json 1e-7}} {{json 100000000.0}} {{json "a\\u2028"}}': '1.5 1e+21 1e-7 100000000 "a\\u2028"',
    # comparison
    '{{eq .Name "a" "/web"}} {{ne .Name "x"}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1 2}}': "true true true true true false",
    "{{eq .None nil}} {{eq .Pid nil}}": "true false",
    '{{and 1 0}} {{and 1 2}} {{or 0 "x"}} {{or 0 ""}}| {{not 0}} {{not "x"}}': "0 2 x | true false",
    "{{and .Dead .Name.Foo}}": "false",
    # control
    "{{if .Running}}up{{end}}{{if .Dead}}x{{else if .Pid}}pid{{else}}y{{end}}": "uppid",
    "{{if .Empty}}a{{else}}b{{end}}{{if .NoArgs}}a{{else}}b{{end}}{{if .None}}a{{else}}b{{end}}": "bbb",
    "{{with .State}}{{.Status}}{{else}}none{{end}}{{with .Empty}}x{{else with .Name}}{{.}}{{end}}": "up/web",
    "{{range .Args}}{{.}},{{end}}{{range .NoArgs}}x{{else}}none{{end}}": "-c,sleep 3,none",
    "{{range $i, $v := .Args}}{{$i}}={{$v}};{{end}}": "0=-c;1=sleep 3;",
    "{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}": "a=1;b=2;x.y/z=<&>é;",
    "{{range 3}}{{.}}{{end}} {{range $i := 2}}{{$i}}{{end}}": "012 01",
    "{{range .Args}}{{break}}x{{end}}{{range .Args}}{{.}}{{continue}}never{{end}}": "-csleep 3",
    "{{range .Args}}{{$.Name}}{{end}}": "/web/web",
    "{{range $p, $b := .Ports}}{{$p}}{{with $b}}->{{(index . 0).HostPort}}{{end}} {{end}}": "80/tcp->8080 81/tcp ",
    "{{$x := 1}}{{if true}}{{$x = 2}}{{$x}}{{end}}{{$x}}": "22",
    "{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}": "21",
    '{{define "a"}}x{{.}}{{end}}{{template "a" .Name}}{{template "a"}}': "x/webx<no value>",
    '{{block "b" .Name}}[{{.}}]{{end}}': "[/web]",
    # printf
    '{{printf "%5d|%-5d|%05d|%+d|% d" 42 42 42 42 42}}': "   42|42   |00042|+42| 42",
    '{{printf "%x %X %o %b %#x %#o %c %U %q" 255 255 8 5 255 8 65 65 65}}': "ff FF 10 101 0xff 010 A U+0041 'A'",
    '{{printf "%.3s|%5.1s|%-8s|%q" "abcdef" "abc" "abc" "a\\"b\\n\\x01é"}}': 'abc|    a|abc     |"a\\"b\\n\\x01é"',
    '{{printf "%v %s %q %d" .Args .Args .Args .Args}}': '[-c sleep 3] [-c sleep 3] ["-c" "sleep 3"] [%!d(string=-c) %!d(string=sleep 3)]',
    '{{printf "%f %.2f %e %g %8.3f|%G" 3.14159 3.14159 1234.5 1234567.5 2.5 1e-10}}': "3.141590 3.14 1.234500e+03 1.2345675e+06    2.500|1E-10",
    '{{printf "%t %v %5t|%x" true false true "hi"}}': "true false  true|6869",
    '{{printf "%s %d" 5 "x"}} {{printf "%s" true}} {{printf "%d" nil}}': "%!s(int=5) %!d(string=x) %!s(bool=true) %!d(<nil>)",
    '{{printf "%d"}} {{printf "%d" 1 2}} {{printf "%z" 1}} {{printf "100%%"}} {{printf "%"}}': "%!d(MISSING) 1%!(EXTRA int=2) %!z(int=1) 100% %!(NOVERB)",
    '{{printf "%*d|%-*d|" 5 42 5 42}}': "   42|42   |",
    '{{printf "%[2]s %[1]s" "a" "b"}} {{printf "%[1]*d|%[2]*[1]d" 4 5}} {{printf "%[1]d %d" 1 2}}': "b a    5|    4 1 2",
    '{{printf "%10000010d|" 1}} {{printf "%.999999999f|" 1.0}}': "%!(NOVERB)%!(EXTRA int=1) %!(NOVERB)%!(EXTRA float64=1)",
    '{{printf "%*d|%.*d|%007d" 2000000 2 -2000000 3 4}}': "%!(BADWIDTH)2|%!(BADPREC)3|0000004",
    '{{printf "%[3]s %[1]s" "a" "b"}} {{printf "%[x]d %[1]s|%[" "a" "b"}}': "%!s(BADINDEX) a %!d(BADINDEX) a|%!(NOVERB)",
    '{{printf "%#v %#v %#v %#v" .Args .Name true 3}}': '[]string{"-c", "sleep 3"} "/web" true 3',
    '{{printf "%T %T %T %T" .Name .Pid .Running 5.5}}': "string int bool float64",
}  # fmt: skip

PARSE_ERRORS = {
    "{{foo}}": 'template: :1: function "foo" not defined',
    "{{.Name": "template: :1: unclosed action",
    "line\n{{foo}}": 'template: :2: function "foo" not defined',
    "{{end}}": "template: :1: unexpected {{end}}",
    "{{else}}": "template: :1: unexpected {{else}}",
    "{{if .Name}}": "template: :1: unexpected EOF",
    "{{if .Name}}a{{else}}b{{else}}c{{end}}": "template: :1: expected end; found {{else}}",
    "{{if}}x{{end}}": "template: :1: missing value for if",
    "{{}}": "template: :1: missing value for command",
    "{{|}}": "template: :1: unexpected \"|\" in command",
    "{{.Name | 5}}": "template: :1: non executable command in pipeline stage 2",
    "{{(.Name}}": "template: :1: unclosed left paren",
    "{{.Name)}}": "template: :1: unexpected right paren",
    "{{@}}": 'template: :1: unexpected "@" in command',
    '{{"abc}}': "template: :1: unterminated quoted string",
    "{{'ab'}}": "template: :1: malformed character constant: 'ab'",
    "{{1x}}": 'template: :1: bad number syntax: "1x"',
    "{{/* c }}x": "template: :1: unclosed comment",
    "{{/* c */ }}x": "template: :1: comment ends before closing delimiter",
    "{{$x}}": 'template: :1: undefined variable "$x"',
    "{{break}}": "template: :1: {{break}} outside {{range}}",
    "{{.Name.}}": "template: :1: unexpected <.> in operand",
    "{{.}.": "template: :1: bad character U+007D '}'",
    "{{true.x}}": 'template: :1: unexpected . after term "true"',
    "{{$a, $b := .Name}}": "template: :1: too many declarations in command",
    '{{define "a"}}x': "template: :1: unexpected EOF",
}  # fmt: skip

EXEC_ERRORS = {
    '{{.Name "x"}}': '1:2: executing "" at <.Name>: Name is not a method but has arguments',
    "{{.Name.Foo}}": '1:7: executing "" at <.Name.Foo>: can\'t evaluate field Foo in type interface {}',
    "a\n{{.None.Foo}}": '2:7: executing "" at <.None.Foo>: nil pointer evaluating interface {}.Foo',
    "{{index .Args 9}}": '1:2: executing "" at <index .Args 9>: error calling index: index out of range: 9',
    "{{truncate .Name -1}}": '1:2: executing "" at <truncate .Name -1>: error calling truncate: runtime error: slice bounds out of range [:-1]',
    "{{pad .Name -1 2}}": '1:2: executing "" at <pad .Name -1 2>: error calling pad: strings: negative Repeat count',
    "{{index .NoArgs 0}}": '1:2: executing "" at <index .NoArgs 0>: error calling index: reflect: slice index out of range',
    '{{index "ab" 2}}': '1:2: executing "" at <index "ab" 2>: error calling index: reflect: string index out of range',
    '{{index .Args "a"}}': '1:2: executing "" at <index .Args "a">: error calling index: cannot index slice/array with type string',
    "{{upper 5}}": '1:8: executing "" at <5>: expected string; found 5',
    "{{upper .Pid}}": '1:8: executing "" at <.Pid>: wrong type for value; expected string; got int',
    "{{upper .Foo}}": '1:8: executing "" at <.Foo>: invalid value; expected string',
    "{{call .Name}}": '1:2: executing "" at <call .Name>: error calling call: non-function .Name of type string',
    "{{.Name | call}}": '1:10: executing "" at <call>: error calling call: non-function /web of type string',
    "{{call nil}}": '1:2: executing "" at <call nil>: error calling call: call of nil',
    "{{call}}": '1:2: executing "" at <call>: wrong number of args for call: want at least 1 got 0',
    "{{len 5}}": '1:2: executing "" at <len 5>: error calling len: len of type int',
    "{{eq 1 1.0}}": '1:2: executing "" at <eq 1 1.0>: error calling eq: incompatible types for comparison',
    "{{eq .Name}}": '1:2: executing "" at <eq .Name>: error calling eq: missing argument for comparison',
    "{{not}}": '1:2: executing "" at <not>: wrong number of args for not: want 1 got 0',
    "{{and}}": '1:2: executing "" at <and>: wrong number of args for and: want at least 1 got 0',
    "{{nil}}": '1:2: executing "" at <nil>: nil is not a command',
    '{{template "foo"}}': '1:11: executing "" at <{{template "foo"}}>: template "foo" not defined',
    "{{slice .Name 3 1}}": '1:2: executing "" at <slice .Name 3 1>: error calling slice: invalid slice index: 3 > 1',
    "{{range .Name}}x{{end}}": '1:8: executing "" at <.Name>: range can\'t iterate over /web',
}  # fmt: skip


@pytest.mark.parametrize(("text", "result"), RESULTS.items())
def test_a_template_gives_what_go_gives(text: str, result: str) -> None:
    assert Template(text).execute(DATA) == result


@pytest.mark.parametrize(("text", "message"), PARSE_ERRORS.items())
def test_what_is_no_template_is_refused_in_gos_words(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        Template(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(("text", "message"), EXEC_ERRORS.items())
def test_what_does_not_fit_the_data_is_refused_in_gos_words(text: str, message: str) -> None:
    with pytest.raises(ExecError) as caught:
        Template(text).execute(DATA)
    assert str(caught.value) == f"template: :{message}"


def test_a_template_without_end_is_refused() -> None:
    with pytest.raises(ExecError, match="exceeded maximum template depth"):
        Template('{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}').execute(DATA)
    with pytest.raises(ParseError, match="exceeded maximum template depth"):
        Template("{{if true}}" * 3000 + "{{end}}" * 3000)


def test_a_named_template_is_named_in_its_errors() -> None:
    with pytest.raises(ExecError, match=r'template: version:1:2: executing "version" at <\.Foo>'):
        Template("{{.Foo}}", "version").execute(Row("row", {}))


def test_a_missing_key_can_be_an_error() -> None:
    with pytest.raises(ExecError, match='map has no entry for key "Foo"'):
        Template("{{.Foo}}").execute(DATA, missing_key_is_error=True)


@given(
    st.text(alphabet="{}.|()$:=-/*\"'` \n,aix019<>_é\\")
    | st.from_regex(r"\{\{[a-z.$ ()\"|:=0-9-]*\}\}", fullmatch=True)
)
def test_any_text_is_a_template_or_a_parse_error(text: str) -> None:
    try:
        template = Template(text)
    except ParseError as error:
        assert str(error).startswith("template: :")
    else:
        assert "{{" in text or template.execute({}) == text


# Docker's structs

CONTAINER = {
    "Id": "abc", "Created": "2024-05-01T12:00:00Z", "State": {"Status": "running", "Pid": 7},
    "Config": {
        "Labels": {"a": "1"}, "ExposedPorts": {"80/tcp": {}}, "Env": None, "Cmd": ["sh"],
        "Healthcheck": {"Test": ["CMD", "x"], "Interval": 90000000000},
    },
    "HostConfig": {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "Dns": []},
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "8080"}], "81/tcp": None}},
}  # fmt: skip
STRUCT_RESULTS = {
    "{{.ID}}": "abc",
    "{{.State}}": "{running false false false false false 7 0    <nil>}",
    "{{if .State.Health}}has{{else}}none{{end}} {{.State.Health}} {{json .State.Health}}": "none <nil> null",
    '{{index .Config.Labels "a"}}|{{index .Config.Labels "b"}}|{{.Config.Labels.b}}': "1||<no value>",
    "{{.Config.ExposedPorts}} {{.NetworkSettings.Ports}}": "map[80/tcp:{}] map[80/tcp:[{:: 8080}] 81/tcp:[]]",
    "{{.Config.Env}} {{json .Config.Env}} {{len .Config.Env}} {{.Config.Volumes}} {{json .Config.Volumes}}": "[] null 0 map[] null",
    "{{.HostConfig.RestartPolicy}} {{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.DNS}}": "{no 0} 0 <nil> []",
    '{{.Config.Healthcheck.Interval}} {{json .Config.Healthcheck.Interval}} {{printf "%d %v" .Config.Healthcheck.Interval .Config.Healthcheck.Interval}}': "1m30s 90000000000 90000000000 1m30s",
    '{{printf "%+v %v %+d %+v" .HostConfig.RestartPolicy .HostConfig.RestartPolicy 3 3}}': "{Name:no MaximumRetryCount:0} {no 0} +3 3",
    '{{printf "%T" .State}} {{printf "%T" .ID}}': "*types.ContainerState string",
    "{{json .State}}": '{"Status":"running","Pid":7}',
}  # fmt: skip


@pytest.mark.parametrize(("text", "result"), STRUCT_RESULTS.items())
def test_absent_fields_of_a_struct_are_zero(text: str, result: str) -> None:
    assert Template(text).execute(typed("types.ContainerJSON", CONTAINER)) == result


def test_a_struct_refuses_unknown_fields_and_nil_ones() -> None:
    container = typed("types.ContainerJSON", CONTAINER)
    with pytest.raises(ExecError, match=r"can't evaluate field Foo in type types\.ContainerJSON"):
        Template("{{.Foo}}").execute(container)
    with pytest.raises(ExecError, match=r"nil pointer evaluating \*types.Health.Status"):
        Template("{{.State.Health.Status}}").execute(container)


def test_times_of_a_network_print_as_go_prints_them() -> None:
    network = typed("types.NetworkResource", {"Created": "2024-05-01T12:00:00.500000000+02:00"})
    assert Template("{{.Created}}").execute(network) == "2024-05-01 12:00:00.5 +0200 +0200"


def test_numbers_of_the_raw_answer_keep_their_digits_and_are_strings() -> None:
    raw = untyped({"Pid": 7, "Running": True})
    assert (
        Template('{{.Pid}} {{json .Pid}} {{eq .Pid "7"}} {{printf "%T" .Pid}}').execute(raw) == "7 7 true json.Number"
    )
    with pytest.raises(ExecError, match=r"expected string; got json.Number"):
        Template("{{upper .Pid}}").execute(raw)


# Rows of listings


def test_a_rows_methods_are_called_and_escaped_in_json() -> None:
    row = Row("*row", {"Name": lambda: "<web>", "Label": lambda key: f"label {key}"}, frozenset(("Label",)))
    assert Template('{{.Name}} {{.Label "a"}} {{json .}}').execute(row) == '<web> label a {"Name":"\\u003cweb\\u003e"}'
    with pytest.raises(ExecError, match="wrong number of args for Label: want 1 got 0"):
        Template("{{.Label}}").execute(row)


def test_a_header_keeps_its_words() -> None:
    header = Header({"Name": "NAMES"})
    template = Template('{{upper .Name}} {{json .Name}} {{pad .Name 1 1}}| {{.Label "com.x.foo-bar_b"}} {{.Foo}}')
    assert template.execute(header, functions=HEADER_FUNCTIONS) == "NAMES NAMES  NAMES | foo bar b <no value>"


def test_a_header_that_does_not_fit_ends_where_it_fits() -> None:
    with pytest.raises(ExecError) as caught:
        Template("{{.Name}} {{json .}}").execute(Header({"Name": "NAMES"}), functions=HEADER_FUNCTIONS)
    assert caught.value.partial == "NAMES "
