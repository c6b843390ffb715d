"""``commit``: an image of a container."""

from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.http import Request, Response, Router, json_response
from wherry.api.translate.config import container_spec
from wherry.engine.containers import committing
from wherry.plan.images.committing import said
from wherry.wire.container import ContainerConfig
from wherry.wire.image import CommitResponse

if TYPE_CHECKING:
    from wherry.engine.containers.committing import Committing


class CommitRoutes:
    def __init__(self, committing: "Committing") -> None:
        self._committing = committing

    def register(self, router: Router) -> None:
        router.add("POST", "/commit", self.commit)

    async def commit(self, request: Request) -> Response:
        query = request.query
        config = await request.json(ContainerConfig)
        asked = committing.CommitRequest(
            target=parameters.new_name(query),
            author=query.get("author", ""),
            comment=query.get("comment", ""),
            changes=query.all("changes"),
            config=None if config == ContainerConfig() else said(container_spec(config)),
            pause=query.flag("pause", default=True),
        )
        image = await self._committing.commit(query.get("container", ""), asked)
        return json_response(CommitResponse(id=image.id), status=201)
