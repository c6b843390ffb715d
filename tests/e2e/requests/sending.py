"""Requests made up from the description, sent as they are: nothing between would make them right."""

import http.client
import socket
import time
from pathlib import Path

import requests
from schemathesis import Case
from schemathesis.core.transport import Response

from tests.harness.waiting import PATIENCE

HEAD_IN = 20.0 * PATIENCE
"""Seconds within which any request has the head of an answer."""
_READ_FOR = 0.3
"""Seconds for which the body of an answer is read that may be without end."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=HEAD_IN)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def send(path: Path, case: Case) -> Response:
    """The answer to a request. ``stream_cut_short`` if its body had not come to an end."""
    request = requests.Request(**case.as_transport_kwargs(base_url="http://engine/v1.45")).prepare()
    connection = _Connection(path)
    try:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        connection.request(request.method or "", request.path_url, body, dict(request.headers))
        answer = connection.getresponse()
        content, cut = _read(connection, answer)
    finally:
        connection.close()
    headers = {name: answer.headers.get_all(name, []) for name in answer.headers}
    return Response(answer.status, headers, content, request, 0.0, verify=False, stream_cut_short=cut)


def _read(connection: _Connection, answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
    if not (answer.chunked or answer.length is None):
        return answer.read(), False
    content, until = b"", time.monotonic() + _READ_FOR
    try:
        while (left := until - time.monotonic()) > 0:
            if connection.sock:
                connection.sock.settimeout(left)
            if not (chunk := answer.read1(65536)):
                return content, False
            content += chunk
    except TimeoutError:
        pass
    return content, True
