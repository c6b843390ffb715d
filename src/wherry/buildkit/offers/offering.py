"""A session's client as builds know it."""

from contextlib import AbstractAsyncContextManager

from wherry.build.client import Offer
from wherry.buildkit.offers import auth, lending
from wherry.buildkit.offers.filesync import offered
from wherry.buildkit.offers.lending import AgentWire
from wherry.buildkit.session import Session
from wherry.model.registry import Credentials


class SessionClient:
    """`build.client.Client` by the services of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def key(self, name: str) -> str:
        """The same for the same directory in another build: BuildKit's words for it, source/local."""
        return f"{name}:{name}:{self._session.shared_key}"

    def files(
        self, name: str, *, follow: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
    ) -> AbstractAsyncContextManager[Offer]:
        return offered(self._session, name, follow=follow, exclude=exclude)

    async def credentials(self, registry: str) -> Credentials | None:
        return await auth.credentials(self._session, registry)

    async def secret(self, secret_id: str) -> bytes:
        return await lending.secret(self._session, secret_id)

    async def check_agent(self, agent_id: str) -> None:
        await lending.check_agent(self._session, agent_id)

    def agent(self, agent_id: str) -> AbstractAsyncContextManager[AgentWire]:
        return lending.agent(self._session, agent_id)
