import pytest

from wherry.registry.challenges import Challenge, parse_challenges

HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'


@pytest.mark.parametrize(
    ("headers", "challenges"),
    [
        ([], []),
        (['Basic realm="a \\"b\\", c"'], [Challenge(scheme="basic", realm='a "b", c')]),
        (["BASIC realm=plain , charset=UTF-8"], [Challenge(scheme="basic", realm="plain")]),
        (
            [HUB],
            [
                Challenge(
                    scheme="bearer",
                    realm="https://auth.docker.io/token",
                    service="registry.docker.io",
                    scope="repository:a/b:pull,push",
                )
            ],
        ),
        (
            ['Bearer Realm = "r" , error="insufficient_scope", Basic realm="b"'],
            [Challenge(scheme="bearer", realm="r", error="insufficient_scope"), Challenge(scheme="basic", realm="b")],
        ),
        (["Negotiate", 'Basic realm="x"'], [Challenge(scheme="negotiate"), Challenge(scheme="basic", realm="x")]),
        (['"garbage'], []),
    ],
)
def test_challenges_are_read_in_all_their_spellings(headers: list[str], challenges: list[Challenge]) -> None:
    assert parse_challenges(headers) == tuple(challenges)
