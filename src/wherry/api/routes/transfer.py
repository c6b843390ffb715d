"""Images on their way: pull, push, import, save, load."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wherry.api import parameters
from wherry.api.bodies import TAR, send_bytes, send_progress
from wherry.api.http import Request, Router
from wherry.api.translate.credentials import credentials
from wherry.engine.system import System
from wherry.errors import InvalidArgument
from wherry.model.image import Platform
from wherry.model.reference import Reference

if TYPE_CHECKING:
    from wherry.engine.archives import Archives
    from wherry.engine.transfer import Transfer


class TransferRoutes:
    def __init__(self, transfer: "Transfer", archives: "Archives", system: System) -> None:
        self._transfer = transfer
        self._archives = archives
        self._system = system

    def register(self, router: Router) -> None:
        router.add("POST", "/images/create", self.create)
        router.add("POST", "/images/{name:path}/push", self.push)
        router.add("GET", "/images/get", self.save)
        router.add("GET", "/images/{name:path}/get", self.save_one)
        router.add("POST", "/images/load", self.load)

    async def create(self, request: Request) -> None:
        """Pull (``fromImage``) or import (``fromSrc``)."""
        if request.query.get("fromImage"):
            await self._pull(request)
        else:
            await self._import(request)

    async def push(self, request: Request) -> None:
        """Without ``tag`` all tags of the repository are meant."""
        reference, tag = Reference.parse(request.params["name"]), request.query.get("tag", "")
        if reference.digest:
            raise InvalidArgument("cannot push a digest reference")
        who = credentials(request.headers.get("x-registry-auth"))
        target = reference.with_tag(tag) if tag else replace(reference, tag=None)
        await send_progress(request, self._transfer.push(target, credentials=who))

    async def save(self, request: Request) -> None:
        """``names`` may come several times, or once with commas."""
        names = tuple(name for text in request.query.all("names") for name in text.split(",") if name)
        await send_bytes(request, self._archives.save(names), TAR)

    async def save_one(self, request: Request) -> None:
        await send_bytes(request, self._archives.save((request.params["name"],)), TAR)

    async def load(self, request: Request) -> None:
        quiet = request.query.flag("quiet", default=True)
        request.body.welcome()
        await send_progress(request, self._archives.load(request.body, quiet=quiet), in_band=True)

    async def _pull(self, request: Request) -> None:
        reference = _reference(request.query["fromImage"], request.query.get("tag", ""))
        # Without a tag or a digest all tags are meant: clients that want one of them say so.
        pull = self._transfer.pull if reference.tag or reference.digest else self._transfer.pull_all
        who = credentials(request.headers.get("x-registry-auth"))
        await send_progress(request, pull(reference, credentials=who, platform=self._platform(request)))

    async def _import(self, request: Request) -> None:
        query = request.query
        source = query.get("fromSrc", "")
        if not source:
            raise InvalidArgument("one of fromImage and fromSrc must be given")
        progress = self._archives.import_tar(
            request.body if source == "-" else None,
            source=source,
            target=parameters.new_name(query),
            message=query.get("message", ""),
            changes=query.all("changes"),
            platform=self._platform(request),
        )
        await send_progress(request, progress)

    def _platform(self, request: Request) -> Platform | None:
        return parameters.platform(parameters.known(request, "platform", (1, 32)), self._system.facts)


def _reference(name: str, tag: str) -> Reference:
    """A name with a tag, or with a digest where the tag is one."""
    reference = Reference.parse(name)
    if not tag:
        return reference
    return reference.with_digest(tag) if ":" in tag else reference.with_tag(tag)
