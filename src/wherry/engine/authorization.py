"""Plugins that have a say in each request (moby ``pkg/authorization``)."""

from typing import Final

from msgspec import Struct

from wherry.engine.ports import Plugins
from wherry.errors import Forbidden, InternalError, NotFound
from wherry.model.authorization import AskedRequest, GivenAnswer

KIND: Final = "authz"
_PATIENCE: Final = 120.0  # seconds


class _Verdict(Struct, rename="pascal"):
    allow: bool = False
    msg: str = ""


class Authorization:
    """All plugins have to allow a request, one after the other. There are none until ``use`` names some.

    Attributes:
        names: in the order in which they are asked.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self.names: tuple[str, ...] = ()

    async def use(self, names: tuple[str, ...]) -> None:
        """From now on these are asked. NotFound or InternalError for one that is not there; nothing changes then."""
        names = tuple(dict.fromkeys(names))
        for name in names:
            await self._plugins.require(name, KIND)
        self.names = names

    def drop(self, name: str) -> None:
        """A managed plugin, by its whole name, is not asked any more."""
        self.names = tuple(each for each in self.names if self._plugins.full_name(each) != name)

    async def allow(self, asked: AskedRequest) -> None:
        """Before a request is carried out. Forbidden; InternalError if a plugin cannot be asked."""
        await self._ask("AuthZPlugin.AuthZReq", _described(asked))

    async def pass_on(self, asked: AskedRequest, given: GivenAnswer) -> None:
        """Before an answer goes out. Raises as ``allow`` does."""
        answer = {
            "ResponseStatusCode": given.status,
            "ResponseBody": given.body,
            "ResponseHeaders": given.headers,
        }
        await self._ask("AuthZPlugin.AuthZRes", _described(asked) | _without_empty(answer))

    async def _ask(self, method: str, described: dict[str, object]) -> None:
        for name in self.names:
            try:
                verdict = await self._plugins.call(
                    name, KIND, method, described, _Verdict, patience=_PATIENCE, retry=True
                )
            except (NotFound, InternalError) as error:
                raise InternalError(f"plugin {name} failed with error: {error}") from error
            if not verdict.allow:
                raise Forbidden(f"authorization denied by plugin {name}: {verdict.msg}")


def _described(asked: AskedRequest) -> dict[str, object]:
    return _without_empty(
        {
            "User": asked.user,
            "UserAuthNMethod": "TLS" if asked.certificate else "",
            "RequestMethod": asked.method,
            "RequestUri": asked.uri,
            "RequestBody": asked.body,
            "RequestHeaders": asked.headers,
            "RequestPeerCertificates": [asked.certificate] if asked.certificate else [],
        }
    )


def _without_empty(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value}
