"""The images that stages stand on or copy from: here, or pulled."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from wherry.build.plan.origins import ImageSource
from wherry.build.plan.request import BuildRequest
from wherry.build.solver.story import Chapter
from wherry.engine.images import Images
from wherry.engine.transfer import Transfer
from wherry.errors import NoSuchImage
from wherry.model.image import Image, Platform
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.plan.images.platforms import check_platform

Who = Callable[[str], Awaitable[Credentials | None]]
"""Finds what is shown to a registry."""


class Bases:
    def __init__(self, *, images: Images, transfer: Transfer) -> None:
        self._images = images
        self._transfer = transfer

    async def obtain(self, source: ImageSource, request: BuildRequest, who: Who, chapter: Chapter) -> Image:
        """The image, telling of a pull as it goes. Raises what a pull raises; NoSuchImage for another platform."""
        platform = source.platform or request.platform
        if not request.pull and (found := self._here(source.reference, platform)) is not None:
            return found
        await self._pull(source.reference, platform, who, chapter)
        image = self._images.find(source.reference)
        check_platform(image.platform, str(platform or ""), source.reference)
        return image

    def known(self, names: tuple[str, ...]) -> tuple[Image, ...]:
        """Those that are here."""
        return tuple(image for name in names if (image := self._here(name, None)) is not None)

    def _here(self, name: str, platform: Platform | None) -> Image | None:
        try:
            image = self._images.find(name)
            check_platform(image.platform, str(platform or ""), name)
        except NoSuchImage:
            return None
        return image

    async def _pull(self, name: str, platform: Platform | None, who: Who, chapter: Chapter) -> None:
        reference = Reference.parse(name)
        if not reference.digest:
            reference = reference.with_default_tag()
        credentials = await who(reference.domain)
        async with aclosing(self._transfer.pull(reference, credentials=credentials, platform=platform)) as progress:
            async for news in progress:
                chapter.show(news)
