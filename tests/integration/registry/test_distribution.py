"""Pulling from Debian's docker-registry: open, behind passwords, behind a token server, behind TLS."""

import asyncio
import base64

import pytest
from tests.harness.authority import Authority
from tests.harness.httpserver import Scripted
from tests.harness.tokens import TokenServer

from wherry.errors import NoSuchManifest, NotFound, Unauthorized
from wherry.model.image import LAYER_OCI, MANIFEST_OCI, Descriptor
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry import Registry

from .conftest import RunRegistry
from .distribution import Pushed, digest_of
from .pulling import download, with_registry

ALICE = Credentials(username="alice", password="open sesame")


async def pull(
    registry: Registry, reference: Reference, pushed: Pushed, credentials: Credentials | None = None
) -> None:
    """Read the image as a pull does, and check that every byte is right."""
    resolved = await registry.resolve(reference, credentials)
    assert resolved.data == pushed.manifest
    assert resolved.descriptor == Descriptor(
        media_type=MANIFEST_OCI, digest=digest_of(pushed.manifest), size=len(pushed.manifest)
    )
    assert await registry.resolve(reference.with_digest(resolved.descriptor.digest), credentials) == resolved
    parts = (pushed.config, pushed.layer)
    found = await asyncio.gather(*(download(registry, reference, part, credentials) for part in parts))
    assert tuple(found) == parts


def test_an_image_is_pulled_by_tag_and_by_digest(run_registry: RunRegistry, pushed: Pushed) -> None:
    reference = Reference.parse(f"{run_registry()}/tool:1")
    with_registry(lambda registry: pull(registry, reference, pushed))


def test_a_registry_found_by_name_on_loopback_needs_no_tls(run_registry: RunRegistry, pushed: Pushed) -> None:
    port = run_registry().rpartition(":")[2]
    with_registry(lambda registry: pull(registry, Reference.parse(f"localhost:{port}/tool:1"), pushed))


def test_tags_are_listed(run_registry: RunRegistry) -> None:
    reference = Reference.parse(f"{run_registry()}/tool")
    assert sorted(with_registry(lambda registry: registry.tags(reference))) == ["1", "2", "3"]


def test_blobs_can_be_asked_about(run_registry: RunRegistry, pushed: Pushed) -> None:
    reference = Reference.parse(f"{run_registry()}/tool")

    async def ask(registry: Registry) -> list[bool]:
        return [await registry.exists(reference, digest_of(data)) for data in (pushed.layer, b"something else")]

    assert with_registry(ask) == [True, False]


def test_what_is_not_there_is_told_in_dockers_words(run_registry: RunRegistry) -> None:
    host = run_registry()

    async def ask(registry: Registry) -> None:
        for text in (f"{host}/tool:nosuch", f"{host}/nosuch:latest", f"{host}/tool@sha256:{'ab' * 32}"):
            with pytest.raises(NoSuchManifest) as caught:
                await registry.resolve(Reference.parse(text))
            assert str(caught.value) == f"manifest for {text} not found: manifest unknown: manifest unknown"
        with pytest.raises(NotFound, match="unknown blob"):
            await download(registry, Reference.parse(f"{host}/tool"), b"something else", None)

    with_registry(ask)


def test_a_password_opens_a_registry(run_registry: RunRegistry, basic_auth: str, pushed: Pushed) -> None:
    host = run_registry(basic_auth)

    async def ask(registry: Registry) -> None:
        assert await registry.login(host, ALICE) == ""
        await pull(registry, Reference.parse(f"{host}/tool:1"), pushed, ALICE)

    with_registry(ask)


def test_a_wrong_or_missing_password_is_refused(run_registry: RunRegistry, basic_auth: str) -> None:
    host = run_registry(basic_auth)
    reference = Reference.parse(f"{host}/tool:1")

    async def ask(registry: Registry) -> None:
        # The right password of one caller must not let in the next.
        await registry.resolve(reference, ALICE)
        with pytest.raises(Unauthorized) as missing:
            await registry.resolve(reference)
        assert str(missing.value) == f'Get "http://{host}/v2/tool/manifests/1": no basic auth credentials'
        wrong = Credentials(username="alice", password="wrong")
        with pytest.raises(Unauthorized, match=r"^unauthorized: authentication required$"):
            await registry.resolve(reference, wrong)
        with pytest.raises(Unauthorized) as refused:
            await registry.login(host, wrong)
        assert str(refused.value) == f"login attempt to http://{host}/v2/ failed with status: 401 Unauthorized"

    with_registry(ask)


# --- token authentication --------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(scripted: Scripted, authority: Authority) -> TokenServer:
    return TokenServer(scripted, authority)


def test_a_password_buys_a_token_which_is_used_again(
    run_registry: RunRegistry, tokens: TokenServer, pushed: Pushed
) -> None:
    reference = Reference.parse(f"{run_registry(tokens.configuration)}/tool:1")
    with_registry(lambda registry: pull(registry, reference, pushed, ALICE))
    scope = "service=tests&scope=repository%3Atool%3Apull&account=alice"
    assert tokens.asked == [("GET", scope, "Basic " + base64.b64encode(b"alice:open sesame").decode())]


def test_an_identity_token_buys_a_token(run_registry: RunRegistry, tokens: TokenServer, pushed: Pushed) -> None:
    reference = Reference.parse(f"{run_registry(tokens.configuration)}/tool:1")
    credentials = Credentials(identity_token="id-token")
    with_registry(lambda registry: pull(registry, reference, pushed, credentials))
    ((method, form, authorization),) = tokens.asked
    assert (method, authorization) == ("POST", None)
    assert "grant_type=refresh_token&refresh_token=id-token" in form


def test_tokens_belong_to_whoever_asked_and_end(run_registry: RunRegistry, tokens: TokenServer) -> None:
    host = run_registry(tokens.configuration)
    reference = Reference.parse(f"{host}/tool:1")
    now = 0.0

    async def ask(registry: Registry) -> None:
        nonlocal now
        await registry.resolve(reference, ALICE)
        with pytest.raises(NoSuchManifest, match=r"denied: requested access to the resource is denied$"):
            await registry.resolve(reference)
        with pytest.raises(Unauthorized) as wrong:
            await registry.resolve(reference, Credentials(username="alice", password="wrong"))
        assert str(wrong.value) == (
            f'Get "http://{host}/v2/tool/manifests/1": unauthorized: incorrect username or password'
        )
        before = len(tokens.asked)
        now = tokens.lifetime * 0.8
        await registry.resolve(reference, ALICE)
        assert len(tokens.asked) == before
        now = float(tokens.lifetime)
        await registry.resolve(reference, ALICE)
        assert len(tokens.asked) == before + 1

    with_registry(ask, Registry(clock=lambda: now))


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls(authority: Authority) -> str:
    """The part of a registry's ``http`` configuration that makes it use TLS."""
    certificate, key = authority.issue("registry", "IP:127.0.0.1,DNS:localhost")
    return f", tls: {{certificate: {certificate}, key: {key}}}"


def test_loopback_needs_no_known_certificate(run_registry: RunRegistry, tls: str, pushed: Pushed) -> None:
    reference = Reference.parse(f"{run_registry(tls=tls)}/tool:1")
    with_registry(lambda registry: pull(registry, reference, pushed))


def test_chunks_are_large_and_bounded(run_registry: RunRegistry, pushed: Pushed) -> None:
    reference = Reference.parse(f"{run_registry()}/tool:1")
    descriptor = Descriptor(media_type=LAYER_OCI, digest=digest_of(pushed.layer), size=len(pushed.layer))

    async def sizes(registry: Registry) -> list[int]:
        return [len(chunk) async for chunk in registry.blob(reference, descriptor)]

    found = with_registry(sizes)
    assert sum(found) == len(pushed.layer)
    assert min(found[:-1]) >= 64 << 10
    assert max(found) <= 1 << 20
