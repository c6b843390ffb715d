"""Putting blobs and manifests into a repository (distribution spec, "Push").

A blob goes as Docker sends it: an upload is begun, all bytes follow in one PATCH, a PUT names the digest. A registry
that has no PATCH gets the bytes with the PUT. What breaks off begins again from the start.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from wherry.errors import RegistryError, Unauthorized
from wherry.model.image import Descriptor
from wherry.model.reference import DEFAULT_TAG, Reference
from wherry.model.registry import Credentials, Resolved
from wherry.registry.patience import Patience, Pausing
from wherry.registry.reasons import ConnectionFailed, MethodRefused, Unreachable, UploadLost
from wherry.registry.session import Ask, Body, Session, push_scopes
from wherry.registry.transport import Answer
from wherry.registry.urls import join

T = TypeVar("T")

_log = logging.getLogger(__name__)

_UPLOADS = "blobs/uploads/"
_BYTES = {"Content-Type": "application/octet-stream"}


class Uploads:
    def __init__(self, session: Session, patience: Patience) -> None:
        self._session, self._patience = session, patience

    async def mount(self, reference: Reference, digest: str, source: str, credentials: Credentials | None) -> bool:
        """Have a blob of the repository ``source``, a path in the same registry, in this one as well; False if the
        registry does not do that."""
        query = f"?mount={quote(digest)}&from={quote(source, safe='')}"
        scopes = (*push_scopes(reference), f"repository:{source}:pull")
        ask = Ask(method="POST", path=f"{reference.path}/{_UPLOADS}{query}", scopes=scopes)
        try:
            answer = await self._session.push(reference, ask, credentials)
        except (Unauthorized, RegistryError) as error:
            _log.debug("mounting %s from %s: %s", digest, source, error)
            return False
        if answer.status == 201:
            return True
        if "Location" in answer.headers:  # the beginning of an upload, which nobody waits for
            await self._cancel(reference, await self._location(reference, answer, ask), credentials)
        return False

    async def upload(
        self,
        reference: Reference,
        descriptor: Descriptor,
        body: Body,
        credentials: Credentials | None,
        pausing: Pausing | None,
    ) -> None:
        """Send a blob. Raises Unreachable, Unauthorized, RegistryError."""
        await self._patiently(lambda: self._upload(reference, descriptor, body, credentials), pausing)

    async def put_manifest(self, reference: Reference, manifest: Resolved, credentials: Credentials | None) -> None:
        """Store a manifest under the reference's tag, or its digest. Its blobs are there. Raises as `upload`."""
        ask = Ask(
            method="PUT",
            path=f"{reference.path}/manifests/{reference.digest or reference.tag or DEFAULT_TAG}",
            scopes=push_scopes(reference),
            headers={"Content-Type": manifest.descriptor.media_type},
            body=manifest.data,
        )
        answer = await self._patiently(lambda: self._session.push(reference, ask, credentials))
        _check_digest(answer, manifest.descriptor.digest)

    async def _upload(
        self, reference: Reference, descriptor: Descriptor, body: Body, credentials: Credentials | None
    ) -> None:
        scopes = push_scopes(reference)
        begin = Ask(method="POST", path=f"{reference.path}/{_UPLOADS}", scopes=scopes)
        answer = await self._session.push(reference, begin, credentials)
        location = await self._location(reference, answer, begin)
        sized = {**_BYTES, "Content-Length": str(descriptor.size)}
        try:
            patch = Ask(method="PATCH", location=location, scopes=scopes, headers=sized, stream=body)
            answer = await self._session.push(reference, patch, credentials)
        except MethodRefused:
            end = Ask(method="PUT", location=location, scopes=scopes, headers=sized, stream=body)
        else:
            location = await self._location(reference, answer, patch)
            end = Ask(method="PUT", location=location, scopes=scopes, body=b"")
        end = replace(end, location=_naming(end.location, descriptor.digest))
        answer = await self._session.push(reference, end, credentials)
        _check_digest(answer, descriptor.digest)

    async def _cancel(self, reference: Reference, location: str, credentials: Credentials | None) -> None:
        ask = Ask(method="DELETE", location=location, scopes=push_scopes(reference))
        try:
            await self._session.push(reference, ask, credentials)
        except (Unauthorized, RegistryError) as error:
            _log.debug("cancelling an upload, which ends by itself one day: %s", error)

    async def _location(self, reference: Reference, answer: Answer, ask: Ask) -> str:
        """Where an upload goes on: relative or absolute, maybe on another host."""
        given = answer.headers.get("Location")
        if not given:
            raise RegistryError(f"the registry did not say where the upload goes on ({ask.method} {answer.status})")
        try:
            return join(await self._session.url(reference, ask), given)
        except ConnectionFailed as error:
            raise RegistryError(f"the registry said where the upload goes on: {error.reason}") from error

    async def _patiently(self, work: Callable[[], Awaitable[T]], pausing: Pausing | None = None) -> T:
        failures = 0
        while True:
            try:
                return await work()
            except (Unreachable, UploadLost) as error:
                failures += 1
                await self._patience.bear(error, failures, pausing)


def _naming(location: str, digest: str) -> str:
    separator = "&" if urlsplit(location).query else "?"
    return f"{location}{separator}digest={quote(digest, safe='')}"


def _check_digest(answer: Answer, digest: str) -> None:
    told = answer.headers.get("Docker-Content-Digest", digest)
    if told != digest:
        raise RegistryError(f"the registry stored {told} when it was given {digest}")
