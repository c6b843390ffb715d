"""The attributes of a solve as a request for a build."""

from typing import Any

import pytest

from wherry.build.plan.request import BuildRequest
from wherry.buildkit.frontend import build_request, context_of, named
from wherry.errors import InvalidArgument
from wherry.model.image import Platform
from wherry.model.resources import Resources, Ulimit

HOST = Platform(os="linux", architecture="amd64")
CACHES = '[{"Type":"registry","Attrs":{"ref":"b"}},{"Type":"gha","Attrs":{}}]'


def request(**fields: Any) -> BuildRequest:
    return BuildRequest(host_platform=HOST, force_remove=True, may_be_empty=True, **fields)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, request()),
        ({"filename": "other", "target": "t"}, request(dockerfile="other", target="t")),
        ({"build-arg:A": "1=2", "label:L": ""}, request(build_args={"A": "1=2"}, labels={"L": ""})),
        ({"platform": "linux/arm64"}, request(platform=Platform(os="linux", architecture="arm64"))),
        ({"no-cache": ""}, request(no_cache=True)),
        ({"no-cache": "One,two"}, request(no_cache_stages=("one", "two"))),
        ({"image-resolve-mode": "pull"}, request(pull=True)),
        ({"image-resolve-mode": "local"}, request()),
        ({"cache-from": "a", "cache-imports": CACHES}, request(cache_from=("a", "b"))),
        ({"add-hosts": "a=1.2.3.4,B=::1"}, request(extra_hosts=("a:1.2.3.4", "b:::1"))),
        ({"force-network-mode": "host"}, request(network="host")),
        ({"shm-size": "1048576", "cgroup-parent": "/p"}, request(shm_size=1 << 20, cgroup_parent="/p")),
        (
            {"ulimit": "nofile=1:2,core=0"},
            request(
                resources=Resources(
                    ulimits=(Ulimit(name="nofile", soft=1, hard=2), Ulimit(name="core", soft=0, hard=0))
                )
            ),
        ),
    ],
)
def test_what_is_asked_for(attributes: dict[str, str], expected: BuildRequest) -> None:
    assert build_request(attributes, HOST) == expected


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"platform": "linux/amd64,linux/arm64"}, "exporting multiple references to image store is currently unsupp"),
        ({"image-resolve-mode": "never"}, "invalid image-resolve-mode: never"),
        ({"force-network-mode": "bridge"}, "invalid netmode: bridge"),
        ({"add-hosts": "a"}, "failed to parse additional hosts: invalid key-value pair a"),
        ({"shm-size": "1k"}, 'failed to parse shm size: strconv.ParseInt: parsing "1k": invalid syntax'),
        ({"ulimit": "nofile=x"}, "failed to parse ulimit: nofile=x"),
        ({"cache-imports": '[{"Type":"registry"}]'}, "failed to unmarshal cache-imports"),
        ({"cache-imports": "[" * 100_000}, "failed to unmarshal cache-imports"),
    ],
)
def test_what_cannot_be(attributes: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        build_request(attributes, HOST)
    assert str(caught.value).startswith(problem)


def test_names_are_those_of_the_exporter() -> None:
    assert named(request(), "a,b:1").tags == ("a", "b:1")
    assert named(request(), "").tags == ()
    with pytest.raises(InvalidArgument, match="invalid reference format"):
        named(request(), "A")


def test_where_the_files_are() -> None:
    assert context_of({}) == ""
    assert context_of({"context": "https://host/x.git"}) == "https://host/x.git"
    assert context_of({"contextkey": "other", "other": "https://host/x.git"}) == "https://host/x.git"
