"""inspect finds objects of every kind, prints them as the engine sent them, and says what it did not find."""

import pytest
from command_line import CommandLine
from fake_engine import Peer, Request

WEB = (
    '{"Id":"abc","Name":"/web","State":{"Status":"running","Pid":7},'
    '"Config":{"Labels":{"a":"\\u003c1\\u003e"},"Env":null,"Cmd":[]}}'
)
WEB_INDENTED = """\
    {
        "Id": "abc",
        "Name": "/web",
        "State": {
            "Status": "running",
            "Pid": 7
        },
        "Config": {
            "Labels": {
                "a": "\\u003c1\\u003e"
            },
            "Env": null,
            "Cmd": []
        }
    }"""


@pytest.fixture
def line(wherry: CommandLine) -> CommandLine:
    def answer(path: str, text: str) -> None:
        def handler(_: Request, peer: Peer) -> None:
            peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text) + 1, text.encode() + b"\n"))

        wherry.engine.on("GET", path, handler)

    for path, text in {
        "/containers/web/json": WEB,
        "/images/busybox/json": '{"Id":"sha256:1","RepoTags":["busybox:latest"],"Size":5}',
        "/networks/front": '{"Name":"front","Id":"n1","Created":"2024-05-01T12:00:00Z"}',
        "/volumes/data": '{"Name":"data","Driver":"local","Labels":null}',
    }.items():
        answer(path, text)
    return wherry


def test_objects_are_printed_as_the_engine_sent_them(line: CommandLine) -> None:
    assert line.output("inspect", "web") == f"[\n{WEB_INDENTED}\n]\n"


def test_every_kind_is_found_by_name(line: CommandLine) -> None:
    assert line.output("inspect", "web", "busybox", "front", "-f", "{{.ID}}") == "abc\nsha256:1\nn1\n"
    assert line.output("inspect", "data", "-f", "{{.Name}} {{.Labels}}") == "data map[]\n"


def test_what_is_missing_comes_after_what_is_found(line: CommandLine) -> None:
    status, out, err = line.run("inspect", "nope", "web", "nada")
    assert (status, err) == (1, "Error: No such object: nope\nError: No such object: nada\n")
    assert out == f"[\n{WEB_INDENTED}\n]\n"


def test_nothing_found_is_an_empty_array(line: CommandLine) -> None:
    assert line.run("inspect", "nope") == (1, "[]\n", "Error: No such object: nope\n")
    assert line.run("inspect", "") == (1, "[]\n", "Error: No such object: \n")


def test_a_type_narrows_the_search_and_shows_the_engines_error(line: CommandLine) -> None:
    line.engine.on("GET", "/images/web/json", status=404, body={"message": "No such image: web:latest"})
    expected = (1, "[]\n", "Error response from daemon: No such image: web:latest\n")
    assert line.run("inspect", "--type", "image", "web") == expected
    assert line.run("image", "inspect", "web") == expected
    assert line.run("inspect", "--type", "foo", "web") == (1, "", '"foo" is not a valid value for --type\n')


def test_an_error_that_is_not_about_absence_ends_the_search(line: CommandLine) -> None:
    line.engine.on("GET", "/containers/x/json", status=500, body={"message": "boom"})
    assert line.run("inspect", "x") == (1, "[]\n", "Error response from daemon: boom\n")


def test_sizes_are_asked_for_containers_only(line: CommandLine) -> None:
    line.output("inspect", "-s", "web")
    assert line.engine.requests[-1].query == {"size": "1"}
    assert line.run("inspect", "-s", "-f", "{{.Size}}", "busybox") == (0, "5\n", "WARNING: --size ignored for image\n")


def test_json_is_compact(line: CommandLine) -> None:
    assert line.output("inspect", "-f", "json", "busybox") == (
        '[{"Id":"sha256:1","RepoTags":["busybox:latest"],"Size":5}]\n'
    )


@pytest.mark.parametrize(
    ("template", "out"),
    [
        ("{{.State.Status}} {{.Config.Env}} {{if .State.Health}}x{{else}}none{{end}}", "running [] none\n"),
        ("{{.Id}} {{json .State}}", 'abc {"Pid":7,"Status":"running"}\n'),
        ('{{index .Config.Labels "a"}}{{index .Config.Labels "b"}}', "<1>\n"),
    ],
)
def test_templates_see_the_struct_or_else_the_raw_answer(line: CommandLine, template: str, out: str) -> None:
    assert line.output("inspect", "-f", template, "web") == out


def test_a_template_that_does_not_fit_is_an_error_of_status_1(line: CommandLine) -> None:
    message = 'template parsing error: template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"\n'
    assert line.run("inspect", "-f", "{{.Foo}}", "web") == (1, "\n", message)


def test_what_is_no_template_is_an_error_of_status_64(line: CommandLine) -> None:
    message = "template parsing error: template: :1: unclosed action\n"
    assert line.run("inspect", "-f", "{{", "web") == (64, "", message)
