"""References against the grammar, Docker's familiar names and Docker's texts (asked of dockerd 26.1.5)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import InvalidReference
from wherry.model.reference import Reference

HEX = "0123456789abcdef" * 4
SHA256 = f"sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "domain", "path", "tag", "digest"),
    [
        ("busybox", "docker.io", "library/busybox", None, None),
        ("busybox:1.36", "docker.io", "library/busybox", "1.36", None),
        ("a/b/c", "docker.io", "a/b/c", None, None),
        ("docker.io/x", "docker.io", "library/x", None, None),
        ("index.docker.io/x", "docker.io", "library/x", None, None),
        ("index.docker.io/library/y:t", "docker.io", "library/y", "t", None),
        ("localhost:5000/x", "localhost:5000", "x", None, None),
        ("localhost/x", "localhost", "x", None, None),
        ("localhost", "docker.io", "library/localhost", None, None),
        ("foo.com", "docker.io", "library/foo.com", None, None),
        ("foo.com:5000", "docker.io", "library/foo.com", "5000", None),
        ("foo.com:99999999/x", "foo.com:99999999", "x", None, None),
        ("Foo/bar", "Foo", "bar", None, None),
        ("[::1]:5000/x:t", "[::1]:5000", "x", "t", None),
        ("a__b/c--d.e_f", "docker.io", "a__b/c--d.e_f", None, None),
        ("a:TAG", "docker.io", "library/a", "TAG", None),
        (f"a@{SHA256}", "docker.io", "library/a", None, SHA256),
        (f"a:t@{SHA256}", "docker.io", "library/a", "t", SHA256),
        (f"a@sha512:{HEX}{HEX}", "docker.io", "library/a", None, f"sha512:{HEX}{HEX}"),
        (f"{HEX}:tag", "docker.io", f"library/{HEX}", "tag", None),
        ("a" * 247, "docker.io", "library/" + "a" * 247, None, None),
        ("foo.com/" + "a" * 255, "foo.com", "a" * 255, None, None),
        ("a:" + "t" * 128, "docker.io", "library/a", "t" * 128, None),
    ],
)
def test_what_a_user_types_is_read_as_docker_reads_it(
    text: str, domain: str, path: str, tag: str | None, digest: str | None
) -> None:
    assert Reference.parse(text) == Reference(domain=domain, path=path, tag=tag, digest=digest)


INVALID = "invalid reference format"
TOO_LONG = "repository name must not be more than 255 characters"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((text, INVALID) for text in ("", "a..b", "a/", "/a", "a//b", "a:", "a:b:c", "a___b", "a.-b", "-a", "a b")),
        *((text, INVALID) for text in ("foo.com:/x", "foo..com/x", "-foo.com/x", "[fe80::1%eth0]:5000/x", "[::1")),
        *((text, INVALID) for text in ("a:.x", "a:-x", "a:" + "t" * 129, "a@b", "a@sha256:abc", "ä", "a:ä", "a\n")),
        *((text, INVALID) for text in ("http://foo/x", "docker.io/", "foo.com/")),
        ("ABC", "invalid reference format: repository name (library/ABC) must be lowercase"),
        ("library/ABC", "invalid reference format: repository name (library/ABC) must be lowercase"),
        ("foo.com/ABC", "invalid reference format: repository name (ABC) must be lowercase"),
        ("a" * 248, TOO_LONG),
        ("foo.com/" + "a" * 256, TOO_LONG),
        (HEX, f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
        (f"a@md5:{HEX[:32]}", "unsupported digest algorithm"),
        (f"a@sha256:{HEX[:40]}", "invalid checksum digest length"),
        (f"a@sha256:{HEX[:58]}ABCDEF", "invalid checksum digest format"),
    ],
)
def test_what_is_no_reference_is_refused_with_dockers_text(text: str, message: str) -> None:
    with pytest.raises(InvalidReference, match=f"^{re.escape(message)}$"):
        Reference.parse(text)


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("docker.io/library/busybox:1", "busybox:1"),
        ("docker.io/a/b", "a/b"),
        ("docker.io/library/a/b", "library/a/b"),
        ("foo.com/library/x", "foo.com/library/x"),
        # Left to itself the short form of these would name another repository, or none.
        ("docker.io/foo.com/x", "docker.io/foo.com/x"),
        (f"docker.io/library/{HEX}", f"library/{HEX}"),
    ],
)
def test_the_familiar_text_is_short_and_unambiguous(text: str, familiar: str) -> None:
    assert str(Reference.parse(text)) == familiar


def test_canonical_text_is_whole() -> None:
    assert Reference.parse(f"busybox:1@{SHA256}").canonical == f"docker.io/library/busybox:1@{SHA256}"


def test_the_default_tag_is_only_given_to_a_bare_name() -> None:
    assert Reference.parse("a").with_default_tag().familiar == "a:latest"
    assert Reference.parse("a:1").with_default_tag().familiar == "a:1"
    assert Reference.parse(f"a@{SHA256}").with_default_tag().familiar == f"a@{SHA256}"


def test_tag_and_digest_can_be_put_on_and_are_checked() -> None:
    reference = Reference.parse("a")
    assert reference.with_tag("1").with_digest(SHA256).familiar == f"a:1@{SHA256}"
    with pytest.raises(InvalidReference, match=r"^invalid tag format$"):
        reference.with_tag("-1")
    with pytest.raises(InvalidReference, match=r"^invalid checksum digest format$"):
        reference.with_digest("sha256")


labels = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,6}[a-zA-Z0-9])?", fullmatch=True)
domains = st.one_of(
    st.sampled_from(["docker.io", "localhost", "[::1]:5000"]),
    st.builds("{}.{}:{}".format, labels, labels, st.integers(0, 65535)),
)
path_parts = st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
paths = st.lists(path_parts, min_size=1, max_size=4).map("/".join)
tags = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}", fullmatch=True)
digests = st.none() | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)


@given(domains, paths, tags, digests)
def test_both_texts_of_a_reference_lead_back_to_it(domain: str, path: str, tag: str | None, digest: str | None) -> None:
    suffix = (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    reference = Reference.parse(f"{domain}/{path}{suffix}")
    assert Reference.parse(reference.canonical) == reference
    assert Reference.parse(reference.familiar) == reference


@given(st.text(max_size=40))
def test_any_text_is_either_a_reference_or_refused(text: str) -> None:
    try:
        reference = Reference.parse(text)
    except InvalidReference:
        return
    assert Reference.parse(reference.familiar) == reference
