"""Which handler answers a path: a tree of segments, and the rules of API versions in front of it."""

import re
from collections.abc import Awaitable
from typing import NamedTuple
from urllib.parse import unquote

from wherry.api.http.faults import PageNotFound
from wherry.api.http.request import Request
from wherry.api.http.response import Response, empty
from wherry.api.http.service import Handler
from wherry.errors import InvalidArgument
from wherry.version import API_VERSION, MINIMUM_API_VERSION

Version = tuple[int, ...]

_VERSION = re.compile(r"v([0-9.]+)")


def _numbers(text: str) -> Version:
    return tuple(int(part or 0) for part in text.split("."))


_OLDEST, _NEWEST = _numbers(MINIMUM_API_VERSION), _numbers(API_VERSION)


class _Route(NamedTuple):
    handler: Handler
    names: tuple[str, ...]


class _Node:
    """One place in the tree.

    ``tails`` are the nodes behind a ``{name:path}``, by the literal segments that follow it.
    """

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.one: _Node | None = None
        self.tails: dict[tuple[str, ...], _Node] = {}
        self.routes: dict[str, _Route] = {}

    def behind_path(self, tail: tuple[str, ...]) -> "_Node":
        """The node behind a ``{name:path}`` and a tail. Longer tails come first: ``a/push`` is no image to delete."""
        node = self.tails.setdefault(tail, _Node())
        self.tails = dict(sorted(self.tails.items(), key=lambda item: -len(item[0])))
        return node


class Router:
    """A table of routes; itself a handler, to be given to a server.

    A pattern is made of literal segments, ``{name}`` for one segment and ``{name:path}`` for one or more, where only
    literal segments may follow. Literal segments win over ``{name}``, and that over ``{name:path}``.
    """

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a route, such as ``router.add("GET", "/images/{name:path}/json", inspect)``.

        Raises:
            ValueError: the same method and pattern again.
        """
        node, names = self._root, []
        segments = pattern.strip("/").split("/")
        for index, segment in enumerate(segments):
            if not segment.startswith("{"):
                node = node.children.setdefault(segment, _Node())
                continue
            name, _, kind = segment[1:-1].partition(":")
            names.append(name)
            if kind == "path":
                node = node.behind_path(tuple(segments[index + 1 :]))
                break
            node.one = node.one or _Node()
            node = node.one
        verb = _verb(method, pattern)
        if verb in node.routes:
            raise ValueError(f"two routes for {method} {pattern}")
        node.routes[verb] = _Route(handler, tuple(names))

    def __call__(self, request: Request) -> Awaitable[Response | None]:
        """Answer a request, filling in its ``params`` and ``api_version``.

        Raises:
            PageNotFound: no route has this path, or not with this method.
            InvalidArgument: an API version that is too old or too new.
        """
        # Doubled slashes come from clients that put a name such as "/web" into a path.
        segments = [segment for segment in request.target.split("/") if segment]
        asked = _VERSION.fullmatch(segments[0]) if segments else None
        if asked is not None:
            del segments[0]
        handler, params = self._resolve(request, segments)
        request.params = params
        request.api_version = _NEWEST if asked is None else _checked(asked[1])
        return handler(request)

    def _resolve(self, request: Request, segments: list[str]) -> tuple[Handler, dict[str, str]]:
        if request.method == "OPTIONS":
            return _options, {}
        found = _find(self._root, segments, _verb(request.method, request.target))
        if found is None:
            raise PageNotFound
        route, values = found
        return route.handler, {name: unquote(value) for name, value in zip(route.names, values, strict=True)}


def _verb(method: str, path: str) -> str:
    """What a node knows its routes by: a path that ends with a slash is another one."""
    return f"{method} /" if path.endswith("/") else method


def _find(node: _Node, segments: list[str], verb: str) -> tuple[_Route, tuple[str, ...]] | None:
    """The route for the segments below a node, and what its names stand for."""
    if not segments:
        route = node.routes.get(verb)
        return None if route is None else (route, ())
    first, rest = segments[0], segments[1:]
    if (child := node.children.get(first)) and (found := _find(child, rest, verb)):
        return found
    if node.one and (found := _find(node.one, rest, verb)):
        return found[0], (first, *found[1])
    return _find_tail(node, segments, verb) if node.tails else None


def _find_tail(node: _Node, segments: list[str], verb: str) -> tuple[_Route, tuple[str, ...]] | None:
    for tail, end in node.tails.items():
        length = len(segments) - len(tail)
        if length > 0 and tuple(segments[length:]) == tail and (route := end.routes.get(verb)):
            return route, ("/".join(segments[:length]),)
    return None


async def _options(request: Request) -> Response:
    return empty(200)


def _checked(text: str) -> Version:
    """The version that a path asks for."""
    version = _numbers(text)
    if version < _OLDEST:
        raise InvalidArgument(
            f"client version {text} is too old. Minimum supported API version is {MINIMUM_API_VERSION}, "
            "please upgrade your client to a newer version"
        )
    if version > _NEWEST:
        raise InvalidArgument(f"client version {text} is too new. Maximum supported API version is {API_VERSION}")
    return version
