"""The distribution protocol (github.com/opencontainers/distribution-spec), and the search beside it."""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

import msgspec
from msgspec.structs import replace

from wherry.errors import AccessRefused, RegistryError, Unauthorized
from wherry.model.image import Descriptor
from wherry.model.malformed import MALFORMED
from wherry.model.reference import DEFAULT_DOMAIN, DEFAULT_TAG, Reference
from wherry.model.registry import Credentials, Found, RegistrySettings, Resolved
from wherry.registry import manifests
from wherry.registry.auth import Authorizer
from wherry.registry.blobs import Blobs
from wherry.registry.dial import Timeouts
from wherry.registry.endpoints import Endpoints
from wherry.registry.insecure import InsecurePolicy
from wherry.registry.patience import Patience, Pausing
from wherry.registry.reasons import ConnectionFailed, NotAuthorized
from wherry.registry.search import INDEX_URL, search
from wherry.registry.session import Ask, Body, Session, pull_ask, push_scopes
from wherry.registry.transport import Transport
from wherry.registry.uploads import Uploads

_log = logging.getLogger(__name__)

CERTS_DIR = "/etc/docker/certs.d"
_MAX_DOCUMENT = 4 << 20
_MAX_PAGES = 1000

_NEXT_PAGE = re.compile(r'<[^>?]*(?P<query>\?[^>]*)>\s*;\s*rel="?next\b')


class _Tags(msgspec.Struct):
    tags: list[str] | None = None


class Registry:
    """All registries, by the references that name them.

    ``mirrors`` are URLs that are asked before Docker Hub, without credentials. ``attempts`` is how often a blob is
    asked for without a byte of progress. Belongs to one event loop; to be closed.
    """

    def __init__(
        self,
        *,
        insecure: InsecurePolicy | None = None,
        mirrors: tuple[str, ...] = (),
        certs_dir: str = CERTS_DIR,
        timeouts: Timeouts | None = None,
        user_agent: str = "wherry",
        attempts: int = 5,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = Transport(certs_dir=certs_dir, timeouts=timeouts or Timeouts(), user_agent=user_agent)
        self._endpoints = Endpoints(self._transport, insecure or InsecurePolicy(), mirrors)
        self._authorizer = Authorizer(self._transport, clock, self._endpoints.is_insecure)
        self._session = Session(self._transport, self._endpoints, self._authorizer)
        self._patience = Patience(attempts=attempts, sleep=sleep)
        self._blobs = Blobs(self._session, self._patience)
        self._uploads = Uploads(self._session, self._patience)

    def configure(self, settings: RegistrySettings) -> None:
        """Other mirrors, insecure registries and attempts from now on; what was learnt of registries is forgotten."""
        self._endpoints.configure(InsecurePolicy.parse(settings.insecure), settings.mirrors)
        self._patience = replace(self._patience, attempts=settings.max_attempts)
        self._blobs, self._uploads = Blobs(self._session, self._patience), Uploads(self._session, self._patience)

    def close(self) -> None:
        """End all connections. Requests under way fail with RegistryError."""
        self._transport.close()

    async def resolve(self, reference: Reference, credentials: Credentials | None = None) -> Resolved:
        """The manifest or index under the reference's digest, else its tag; verified if there is a digest.

        Raises NoSuchManifest, Unauthorized, CorruptImage, RegistryError.
        """
        place = reference.digest or reference.tag or DEFAULT_TAG
        ask = pull_ask(reference, f"manifests/{place}", headers={"Accept": ", ".join(manifests.ACCEPTED)})
        async with self._session.fetch(reference, ask, credentials) as answer:
            data = await answer.body(_MAX_DOCUMENT)
            content_type = answer.content_type
        algorithm = reference.digest.partition(":")[0] if reference.digest else "sha256"
        digest = f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
        if reference.digest and digest != reference.digest:
            raise RegistryError(f"manifest verification failed for digest {reference.digest}")
        media_type = manifests.media_type_of(data, content_type, reference.familiar)
        return Resolved(descriptor=Descriptor(media_type=media_type, digest=digest, size=len(data)), data=data)

    def blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        credentials: Credentials | None = None,
        pausing: Pausing | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a blob in chunks of up to 1 MiB, one of them read ahead. Its digest is for the caller.

        A broken connection is taken up again where it broke, after a pause of seconds that ``pausing`` is told. As much
        as the descriptor says comes, never more. Close the generator (``contextlib.aclosing``) to stop early. Raises
        NotFound, Unauthorized, RegistryError.
        """
        return self._blobs.download(reference, descriptor, credentials, pausing)

    async def find(self, domain: str) -> None:
        """RegistryError unless the registry answers now."""
        await self._endpoints.find(domain)

    async def exists(self, reference: Reference, digest: str, credentials: Credentials | None = None) -> bool:
        """Whether the reference's repository says that it has a blob; asked with the right to push. RegistryError if
        there is no such registry."""
        ask = Ask(method="HEAD", path=f"{reference.path}/blobs/{digest}", scopes=push_scopes(reference))
        endpoint = await self._endpoints.of(reference.domain)
        try:
            answer = await self._session.send(endpoint, ask, credentials)
            await answer.finish()
        except (Unauthorized, RegistryError, ConnectionFailed) as error:
            _log.debug("whether %s has %s: %s", reference.name, digest, error)
            return False  # the upload will say why not
        return answer.status == 200

    async def mount(
        self, reference: Reference, digest: str, source: str, credentials: Credentials | None = None
    ) -> bool:
        """Have a blob of the repository ``source``, a path in the same registry, in the reference's as well; False if
        the registry does not do that. Raises Unauthorized, RegistryError."""
        return await self._uploads.mount(reference, digest, source, credentials)

    async def upload(
        self,
        reference: Reference,
        descriptor: Descriptor,
        body: Body,
        credentials: Credentials | None = None,
        pausing: Pausing | None = None,
    ) -> None:
        """Send a blob; each call of ``body`` gives its bytes from the start. What breaks off begins again after a pause
        of seconds that ``pausing`` is told. Raises Unauthorized, RegistryError."""
        await self._uploads.upload(reference, descriptor, body, credentials, pausing)

    async def put_manifest(
        self, reference: Reference, manifest: Resolved, credentials: Credentials | None = None
    ) -> None:
        """Store a manifest, whose blobs are there, under the reference's tag. Raises Unauthorized, RegistryError."""
        await self._uploads.put_manifest(reference, manifest, credentials)

    async def tags(self, reference: Reference, credentials: Credentials | None = None) -> tuple[str, ...]:
        """All tags of the reference's repository, in the registry's order. Raises as `resolve` does."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        query = ""
        while query not in seen:
            if len(seen) == _MAX_PAGES:
                raise RegistryError(f"the tags of {reference.familiar_name} do not end: {_MAX_PAGES} pages were read")
            seen.add(query)
            async with self._session.fetch(reference, pull_ask(reference, f"tags/list{query}"), credentials) as answer:
                page = _decode_tags(await answer.body(_MAX_DOCUMENT))
                following = _NEXT_PAGE.search(answer.headers.get("Link", ""))
            found |= dict.fromkeys(page)
            query = following["query"] if following else query
        return tuple(found)

    async def login(self, domain: str, credentials: Credentials) -> str:
        """Try the credentials; gives what may be kept in the place of the password, "" if there is no such thing.

        Raises Unauthorized if a token server refuses them, AccessRefused if the registry does; RegistryError.
        """
        endpoint, ask = await self._endpoints.find(domain), Ask()
        try:
            identity_token = await self._session.identity_token(endpoint, ask, credentials)
        except NotAuthorized as error:
            raise Unauthorized(str(error)) from error
        answer = await self._session.send(endpoint, ask, credentials)
        await answer.finish()
        if answer.status != 200:
            failed = f"login attempt to {endpoint.url}/v2/ failed with status: {answer.status} {answer.reason}"
            raise AccessRefused(failed) if answer.status in (401, 403) else RegistryError(failed)
        return identity_token

    async def search(
        self, domain: str, term: str, limit: int, credentials: Credentials | None = None
    ) -> tuple[Found, ...]:
        """Repositories of a registry that fit ``term``, the registry's best first. Raises RegistryError."""
        index = INDEX_URL if domain == DEFAULT_DOMAIN else (await self._endpoints.of(domain)).url
        return await search(self._transport, index, term, limit, credentials)


def _decode_tags(data: bytes) -> list[str]:
    try:
        return msgspec.json.decode(data, type=_Tags).tags or []
    except MALFORMED as error:
        raise RegistryError(f"error unmarshalling content: {error}") from error
