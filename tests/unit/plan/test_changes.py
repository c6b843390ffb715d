"""What ``docker import --change`` of 26.1.5 makes of the same texts was asked of it."""

from typing import Any

import pytest

from wherry.errors import InvalidArgument
from wherry.model.image import Healthcheck, ImageConfig
from wherry.plan.images.changes import apply_changes

SECOND = 10**9


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("CMD ls -l", {"command": ("/bin/sh", "-c", "ls -l")}),
        ('CMD ["ls","-l"]', {"command": ("ls", "-l")}),
        ("CMD []", {"command": ()}),
        ("cmd [ls]", {"command": ("/bin/sh", "-c", "[ls]")}),
        ("CMD", {"command": ("/bin/sh", "-c")}),
        ("ENTRYPOINT /bin/x y", {"entrypoint": ("/bin/sh", "-c", "/bin/x y")}),
        ('ENTRYPOINT ["a"]', {"entrypoint": ("a",)}),
        ("ENTRYPOINT []", {"entrypoint": None}),
        ('ENV A=b C="d e" F=g\\ h', {"env": ("A=b", "C=d e", "F=g h")}),
        ("ENV A b c", {"env": ("A=b c",)}),
        ("ENV A=b\nENV B=${A}x$A", {"env": ("A=b", "B=bxb")}),
        ("ENV A='$B' C=\\$B", {"env": ("A=$B", "C=$B")}),
        (
            "EXPOSE 80 443/tcp 53/UDP 8000-8001",
            {"exposed_ports": ("80/tcp", "443/tcp", "53/udp", "8000/tcp", "8001/tcp")},
        ),
        ('LABEL a=b "c d"=e', {"labels": {"a": "b", "c d": "e"}}),
        ("LABEL a b", {"labels": {"a": "b"}}),
        ('LABEL a="x $Y" b=${Z:-dflt} c=${Z:+no}', {"labels": {"a": "x ", "b": "dflt", "c": ""}}),
        ("LABEL a=1 \\\n b=2", {"labels": {"a": "1", "b": "2"}}),
        ("ONBUILD RUN x", {"on_build": ("RUN x",)}),
        ("USER a:b", {"user": "a:b"}),
        ("VOLUME /a /b", {"volumes": ("/a", "/b")}),
        ('VOLUME ["/c d"]', {"volumes": ("/c d",)}),
        ("WORKDIR a", {"working_dir": "/a"}),
        ("WORKDIR /a/../b", {"working_dir": "/b"}),
        ("WORKDIR /x\nWORKDIR y", {"working_dir": "/x/y"}),
        ("HEALTHCHECK NONE", {"healthcheck": Healthcheck(test=("NONE",))}),
        (
            "HEALTHCHECK --interval=5s --retries=2 CMD curl x",
            {"healthcheck": Healthcheck(test=("CMD-SHELL", "curl x"), interval=5 * SECOND, retries=2)},
        ),
        ('HEALTHCHECK CMD ["a","b"]', {"healthcheck": Healthcheck(test=("CMD", "a", "b"))}),
        (
            "HEALTHCHECK --start-period=3s --start-interval=2s --timeout=1m CMD x",
            {
                "healthcheck": Healthcheck(
                    test=("CMD-SHELL", "x"),
                    timeout=60 * SECOND,
                    start_period=3 * SECOND,
                    start_interval=2 * SECOND,
                )
            },
        ),
        ("STOPSIGNAL SIGKILL", {"stop_signal": "SIGKILL"}),
        ("STOPSIGNAL 9", {"stop_signal": "9"}),
    ],
)
def test_an_instruction_changes_the_configuration(change: str, expected: dict[str, Any]) -> None:
    assert apply_changes(ImageConfig(), (change,)) == ImageConfig(**expected)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("RUN x", "RUN is not a valid change command"),
        ("FOO", "FOO is not a valid change command"),
        ("", "file with no instructions"),
        ("# x", "file with no instructions"),
        ("ENV A", "ENV must have two arguments"),
        ('ENV A="x', 'failed to process "\\"x": unexpected end of statement while looking for matching double-quote'),
        ("ENV A=b C", 'Syntax error - can\'t find = in "C". Must be of the form: name=value'),
        ("EXPOSE", "EXPOSE requires at least one argument"),
        ("EXPOSE x", "Invalid containerPort: x"),
        ("EXPOSE 70000", "Invalid containerPort: 70000"),
        ("LABEL a", "LABEL must have two arguments"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("USER", "USER requires exactly one argument"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ("STOPSIGNAL", "STOPSIGNAL requires exactly one argument"),
        ("HEALTHCHECK foo", 'Unknown type "FOO" in HEALTHCHECK (try CMD)'),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK --foo=1 CMD x", "unknown flag: foo"),
    ],
)
def test_what_is_no_change_is_told_in_dockers_words(change: str, text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        apply_changes(ImageConfig(), (change,))
    assert str(caught.value) == text


def test_a_signal_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        apply_changes(ImageConfig(), ("STOPSIGNAL foo",))


def test_changes_add_to_what_is_there() -> None:
    before = ImageConfig(env=("A=1", "B=2"), labels={"a": "1"}, exposed_ports=("1/tcp",), volumes=("/a",))
    after = apply_changes(before, ("ENV B=$A C=3", "LABEL b=2", "EXPOSE 1 2", "VOLUME /a /b"))
    assert after == ImageConfig(
        env=("A=1", "B=1", "C=3"),
        labels={"a": "1", "b": "2"},
        exposed_ports=("1/tcp", "2/tcp"),
        volumes=("/a", "/b"),
    )


def test_a_new_entrypoint_drops_the_command_of_the_old_one() -> None:
    before = ImageConfig(entrypoint=("old",), command=("-x",))
    assert apply_changes(before, ('ENTRYPOINT ["new"]',)).command is None
    assert apply_changes(before, ('CMD ["-y"]', 'ENTRYPOINT ["new"]')).command == ("-y",)
