"""One solve: a Dockerfile's build, told as BuildKit tells it, and what is made of its result."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

from wherry.build.client import Client, Output
from wherry.build.plan.request import BuildRequest
from wherry.build.service import Builds
from wherry.buildkit.exporting import output_of
from wherry.buildkit.failures import call_failed, step_failure
from wherry.buildkit.frontend import build_request, context_of, named
from wherry.buildkit.messages.control import Exporter
from wherry.buildkit.offers.upload import is_upload, uploaded
from wherry.buildkit.progress import Progress
from wherry.buildkit.session import Session
from wherry.buildkit.shown import ShownClient
from wherry.buildkit.steps import Steps
from wherry.errors import WherryError
from wherry.model.image import Platform
from wherry.model.reference import Reference


class Solver:
    """``host`` is the platform that builds."""

    def __init__(self, builds: Builds, host: Platform) -> None:
        self._builds = builds
        self._host = host

    async def solve(
        self, attributes: Mapping[str, str], exporter: Exporter, session: Session, progress: Progress
    ) -> dict[str, str]:
        """The exporter's response. CallFailed."""
        output = output_of(exporter, session, progress)
        steps = Steps(progress)
        request = named(build_request(attributes, self._host), exporter.attrs.get("name", ""))
        url = context_of(attributes)
        if url:
            steps.load("remote build context")
        source = uploaded(session, url) if is_upload(url) else url or None
        client = ShownClient(session, request.dockerfile, progress)
        await self._build(request, source, client, output, steps, progress)
        if output is not None:
            return {}
        names = tuple(Reference.parse(tag).canonical for tag in request.tags)
        return self._exported(steps.image_id, names, progress)

    async def _build(
        self,
        request: BuildRequest,
        source: AsyncIterator[bytes] | str | None,
        client: Client,
        output: Output | None,
        steps: Steps,
        progress: Progress,
    ) -> None:
        try:
            async with aclosing(self._builds.build(request, source, client=client, output=output, live=True)) as news:
                async for piece in news:
                    steps.take(piece)
                    await progress.room()
        except WherryError as error:
            steps.fail(step_failure(error))
            raise call_failed(error, steps, request.dockerfile) from error

    def _exported(self, image_id: str, names: tuple[str, ...], progress: Progress) -> dict[str, str]:
        with progress.doing("exporting to image") as activity:
            for part in ("exporting layers", f"writing image {image_id}", *(f"naming to {name}" for name in names)):
                activity.part(part).end()
        response = {"containerimage.config.digest": image_id, "containerimage.digest": image_id}
        return response | ({"image.name": ",".join(names)} if names else {})
