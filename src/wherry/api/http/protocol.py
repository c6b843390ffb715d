"""HTTP/1.1 on one connection: requests go to the handler one after the other, answers go out in that order."""

import asyncio
import logging
from collections.abc import Mapping
from typing import cast

from wherry.api.http.deadline import Deadline
from wherry.api.http.faults import MalformedRequest, RequestTimeout, error_response
from wherry.api.http.flow import HandedOver, Outbound, hand_over, limit_unsent, peer_is_gone, widen
from wherry.api.http.head import Head
from wherry.api.http.hijack import HijackedStream
from wherry.api.http.reader import RequestReader
from wherry.api.http.request import Request
from wherry.api.http.response import Response, render_head, render_response
from wherry.api.http.service import Service
from wherry.api.http.stream import ResponseStream
from wherry.api.http.tls import peer_of
from wherry.errors import WherryError
from wherry.model.lent import Lent

_log = logging.getLogger(__name__)


class Connection(Outbound):
    """One client.

    Attributes:
        task: runs the handler of the request being answered.
    """

    _reader: RequestReader
    _head: Head

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.task: asyncio.Task[None] | None = None
        self._service = service
        self._limits = service.limits
        self._deadline = Deadline(self._expire)
        self._output: ResponseStream | HijackedStream | None = None
        self._awaits_continue = False
        self._half_closed = False  # the client sends no more
        self._last = False  # close after this answer
        self._dropping = False  # what the client sends does not count any more

    # -- events of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since the transports of uvloop are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._reader = RequestReader(self._transport, self._limits.head)
        limit_unsent(self._transport)
        self._service.connections.add(self)
        self._deadline.set(self._limits.idle_timeout)

    def data_received(self, data: bytes) -> None:
        if self._dropping:
            return
        begun = self._reader.head_begun
        self._reader.feed(data)
        if self.task is not None:
            if self._reader.is_full:
                self._transport.pause_reading()
            return
        if not begun:
            self._deadline.set(self._limits.head_timeout)
        self._next_request()

    def eof_received(self) -> bool:
        if self.task is None or not self._transport.can_write_eof():
            return False
        if self._reader.unfinished:
            self._reader.break_body(MalformedRequest("unexpected EOF"))
        self._half_closed = True
        if peer_is_gone(self._transport):
            self.task.cancel()
        else:
            self._deadline.set(self._limits.half_close_grace)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget()
        if self.task is not None:
            self.task.cancel()

    # -- the life of a connection

    def finish(self) -> None:
        """Close as soon as the answer in progress is out."""
        self._last = True
        if self.task is None and not self._dropping:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def _next_request(self) -> None:
        if self._reader.at_http2_preface and (protocol := self._service.http2()) is not None:
            self._deadline.cancel()
            hand_over(self._transport, HandedOver(protocol, self._forget), self._reader.take_rest())
            return
        try:
            head = self._reader.next_head()
        except MalformedRequest as error:
            self._refuse(error)
            return
        if head is not None:
            self._begin(head)
        elif self._half_closed:
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _begin(self, head: Head) -> None:
        self._head = head
        self._awaits_continue = head.expects_continue
        if self._half_closed:
            self._deadline.set(self._limits.half_close_grace)
        else:
            self._deadline.clear()
        request = Request(head, self._reader.body, self)
        _log.debug("Calling %s %s", request.method, request.path)
        self.task = asyncio.get_running_loop().create_task(self._serve(request))

    def _refuse(self, error: MalformedRequest) -> None:
        self._reader.broken = True
        response = error_response(error)
        common = self._service.common.render()
        self._transport.write(render_response("1.1", response, common, b"Connection: close\r\n", send_body=True))
        self._close()

    def _close(self) -> None:
        """Close when all is sent; if the client is still sending, give it time to read the answer before."""
        all_came = self._half_closed or not (self._reader.unfinished or self._reader.broken)
        if all_came or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._dropping = True
        self._transport.resume_reading()
        self._transport.write_eof()
        self._deadline.set(self._limits.linger)

    def _expire(self) -> None:
        if self.task is not None:
            self.task.cancel()
        elif self._reader.head_begun and not self._dropping:
            self._refuse(RequestTimeout("the request's headers took too long"))
        else:
            self._transport.close()

    def _forget(self) -> None:
        self._deadline.cancel()
        self._service.connections.discard(self)

    # -- one request and its answer

    async def _serve(self, request: Request) -> None:
        try:
            await self._answer(request)
        except asyncio.CancelledError:
            self._transport.abort()
            self.task = None  # a cycle through its traceback would keep all that was being sent
            raise
        except Exception as error:  # noqa: BLE001 - the next request must be served whatever became of this one
            await self._recover(error)
        self._end_request()

    async def _answer(self, request: Request) -> None:
        response = await self._service.handler(request)
        if (response is None) == (self._output is None):
            raise RuntimeError(f"the handler of {request.method} {request.path} has to give one answer")
        if response is not None:
            await self._respond(response)

    async def _recover(self, error: Exception) -> None:
        """Tell the client of an error if that is still possible, else cut the answer short."""
        if self.closed.is_set():
            _log.debug("a handler ended after its client had gone", exc_info=error)
        elif self._output is None:
            await self._respond(error_response(error))
        else:
            _log.error("an answer was cut short: %s", error, exc_info=None if isinstance(error, WherryError) else error)
            self._last = True
            if isinstance(self._output, ResponseStream):
                self._output = None

    async def _respond(self, response: Response) -> None:
        head = self._head
        common, connection = self._service.common.render(), self._connection_header()
        await self.send(
            render_response(head.version, response, common, connection, send_body=head.method != "HEAD"),
        )

    def _connection_header(self) -> bytes:
        if not self._head.keep_alive or self._reader.unfinished or self._reader.broken:
            self._last = True
        if self._last:
            return b"Connection: close\r\n"
        return b"Connection: keep-alive\r\n" if self._head.version == "1.0" else b""

    def _end_request(self) -> None:
        output, self._output, self.task = self._output, None, None
        if isinstance(output, HijackedStream):
            output.close()
            return
        if output is not None:
            self._transport.write(output.terminator)
        if self._last or self._reader.unfinished or self._reader.broken:
            self._close()
            return
        self._deadline.set(self._limits.head_timeout if self._reader.head_begun else self._limits.idle_timeout)
        if not self._reader.is_full:
            self._transport.resume_reading()
        self._next_request()

    # -- what a request asks for

    def allow_body(self) -> None:
        if self._awaits_continue and self._output is None and self._reader.unfinished:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._awaits_continue = False

    def lend(self) -> Lent | None:
        transport = self._transport
        if transport.get_extra_info("ssl_object") is not None:
            return None
        found = self._reader.lend()
        if found is None:
            return None
        framing, begun = found
        return Lent(fd=transport.get_extra_info("socket").fileno(), framing=framing, begun=begun)

    def take_back(self) -> None:
        self._transport.resume_reading()

    @property
    def peer(self) -> tuple[str, bytes] | None:
        return peer_of(self._transport.get_extra_info("ssl_object"))

    async def start_stream(
        self, status: int, content_type: str | None, headers: Mapping[str, str], *, large: bool
    ) -> ResponseStream:
        self._require_unanswered()
        if large:
            widen(self._transport)
        chunked = self._head.version == "1.1"
        self._last = self._last or not chunked
        framing = self._connection_header() + (b"Transfer-Encoding: chunked\r\n" if chunked else b"")
        head = render_head(self._head.version, status, self._service.common.render(), content_type, headers, framing)
        self._output = ResponseStream(self, chunked=chunked, muted=self._head.method == "HEAD")
        await self.send(head)
        return self._output

    async def hijack(self, content_type: str | None, protocol: str, headers: Mapping[str, str]) -> HijackedStream:
        self._require_unanswered()
        upgrade = self._head.wants_upgrade
        framing = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % protocol.encode() if upgrade else b""
        common = self._service.common.render()
        await self.send(render_head("1.1", 101 if upgrade else 200, common, content_type, headers, framing))
        self._deadline.cancel()
        rest = self._reader.take_rest()
        self._output = HijackedStream(self._transport, rest, ended=self._half_closed, on_lost=self._lose_hijacked)
        return self._output

    def _require_unanswered(self) -> None:
        if self._output is not None:
            raise RuntimeError("the answer has begun already")

    def _lose_hijacked(self) -> None:
        self.closed.set()
        self._forget()
