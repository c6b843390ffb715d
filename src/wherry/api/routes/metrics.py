"""``/metrics``, for Prometheus: it has an address of its own (``--metrics-addr``)."""

import os
import resource
from pathlib import Path

from wherry.api.http import Request, Response, Router
from wherry.api.translate.metrics import CONTENT_TYPE, ProcessUsage, exposition
from wherry.engine.events import Events
from wherry.engine.system import System


class MetricsRoutes:
    def __init__(self, system: System, events: Events) -> None:
        self._system = system
        self._events = events

    def register(self, router: Router) -> None:
        router.add("GET", "/metrics", self.metrics)

    async def metrics(self, request: Request) -> Response:
        text = exposition(self._system.info(), events=self._events.published, process=_process())
        return Response(text.encode(), content_type=CONTENT_TYPE)


def _process() -> ProcessUsage:
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return ProcessUsage(
        cpu=used.ru_utime + used.ru_stime,
        memory=pages * resource.getpagesize(),
        open_files=len(os.listdir("/proc/self/fd")),
    )
