"""Exec sessions."""

from wherry.api import streams
from wherry.api.http import Request, Response, Router, empty, json_response
from wherry.api.parameters import required_integer
from wherry.api.translate import older_clients
from wherry.api.translate.config import console_size
from wherry.api.translate.execs import exec_inspect, exec_spec
from wherry.engine.containers.execs import Execs
from wherry.engine.containers.output.streams import Attachment
from wherry.errors import WherryError
from wherry.model.exec import Exec
from wherry.wire.exec import ExecCreated, ExecCreateRequest, ExecStartRequest


class ExecRoutes:
    def __init__(self, execs: Execs) -> None:
        self._execs = execs

    def register(self, router: Router) -> None:
        router.add("POST", "/containers/{name:path}/exec", self.create)
        router.add("GET", "/exec/{id}/json", self.inspect)
        router.add("POST", "/exec/{id}/start", self.start)
        router.add("POST", "/exec/{id}/resize", self.resize)

    async def create(self, request: Request) -> Response:
        asked = await request.json(ExecCreateRequest)
        older_clients.console(asked, request.api_version)
        spec = exec_spec(asked)
        return json_response(ExecCreated(id=await self._execs.create(request.params["name"], spec)), status=201)

    async def inspect(self, request: Request) -> Response:
        return json_response(exec_inspect(self._execs.find(request.params["id"])))

    async def start(self, request: Request) -> Response | None:
        """Attached clients learn of failures in the stream, and of the exit code by an inspection. Whether they get
        frames is for them to say here, whatever the command has (moby ``postContainerExecStart``)."""
        options = await request.json(ExecStartRequest)
        older_clients.console(options, request.api_version)
        session = self._execs.find(request.params["id"])
        if options.detach:
            await self._begin(session, options)
            return empty(200)
        tty = bool(options.tty)
        # Before the command runs: docker-py drops output that comes in one piece with the head.
        stream = await streams.hijack(request, tty=tty)
        try:
            attachment = await self._begin(session, options)
        except WherryError as error:
            await streams.fail(stream, str(error), tty=tty)
            return None
        if attachment is None:
            stream.close()
            return None
        await streams.serve(stream, attachment, framed=not tty, takes_input=session.spec.attach_stdin)
        return None

    async def resize(self, request: Request) -> Response:
        height, width = required_integer(request.query, "h"), required_integer(request.query, "w")
        await self._execs.resize(request.params["id"], height, width)
        return empty(200)

    async def _begin(self, session: Exec, options: ExecStartRequest) -> Attachment | None:
        return await self._execs.start(
            session.id,
            detach=bool(options.detach),
            console_size=console_size(options.console_size),
        )
