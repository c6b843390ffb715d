"""The engine: ping, version, info, events, disk usage."""

import asyncio
import os
import re
from typing import TYPE_CHECKING

from wherry.api import parameters
from wherry.api.bodies import closing, json_line
from wherry.api.http import Request, Response, Router, json_response, text_response
from wherry.api.translate import builds, disk_usage, older_clients, system
from wherry.api.translate.events import event_message
from wherry.engine.events import Events
from wherry.engine.system import KINDS, System
from wherry.errors import InvalidArgument
from wherry.plan.filters import matches
from wherry.plan.timestamps import parse_unix

if TYPE_CHECKING:
    from wherry.build.service import Builds

BUILD_CACHE = "build-cache"
_BUILDKIT, _CLASSIC = "2", "1"
# Docker before 23.0 speaks BuildKit without the plugin, by /session, which is not there.
_WITHOUT_PLUGIN = re.compile(r"Docker-Client/(1\d|2[0-2])\.")
_PING_HEADERS = {
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Pragma": "no-cache",
    "Swarm": "inactive",
}


class SystemRoutes:
    def __init__(self, system: System, events: Events, builds: "Builds") -> None:
        self._system = system
        self._events = events
        self._builds = builds

    def register(self, router: Router) -> None:
        router.add("GET", "/_ping", self.ping)
        router.add("HEAD", "/_ping", self.ping)
        router.add("GET", "/version", self.version)
        router.add("GET", "/info", self.info)
        router.add("GET", "/events", self.events)
        router.add("GET", "/system/df", self.disk_usage)

    async def ping(self, request: Request) -> Response:
        old = _WITHOUT_PLUGIN.match(request.headers.get("user-agent", ""))
        return text_response("OK", headers={"Builder-Version": _CLASSIC if old else _BUILDKIT, **_PING_HEADERS})

    async def version(self, request: Request) -> Response:
        return json_response(system.version_response(self._system.version()))

    async def info(self, request: Request) -> Response:
        open_files, tasks = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
        shown = system.info_response(self._system.info(), open_files=open_files, tasks=tasks)
        older_clients.info(shown, request.api_version)
        return json_response(shown)

    async def events(self, request: Request) -> None:
        query, wanted = request.query, parameters.filters(request, None)
        since, until = parse_unix(query.get("since", "")), parse_unix(query.get("until", ""))
        if until and since > until:
            raise InvalidArgument(f"`since` time ({query['since']}) cannot be after `until` time ({query['until']})")
        # With an end and no beginning, dockerd tells what it remembers too.
        async with closing(self._events.subscribe(since=since or int(bool(until)), until=until)) as feed:
            stream = await request.stream()
            async for event in feed:
                if matches(event, wanted):
                    await stream.write(json_line(event_message(event)))

    async def disk_usage(self, request: Request) -> Response:
        kinds = frozenset(parameters.known(request, "type", (1, 42)).all("type")) or KINDS | {BUILD_CACHE}
        for kind in kinds - KINDS - {BUILD_CACHE}:
            raise InvalidArgument(f"unknown object type: {kind}")
        usage = await self._system.disk_usage(kinds & KINDS)
        answer = disk_usage.disk_usage_response(usage, self._system.now())
        if BUILD_CACHE in kinds:
            answer.build_cache = [builds.build_cache(usage) for usage in await self._builds.usage()]
        older_clients.disk_usage(answer, request.api_version)
        return json_response(answer)
