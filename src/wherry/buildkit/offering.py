"""A session's client as builds know it."""

from contextlib import AbstractAsyncContextManager

from wherry.buildkit.filesync import Offered, offered
from wherry.buildkit.session import Session


class SessionClient:
    """`build.client.Client` by the services of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def key(self, name: str) -> str:
        """The same for the same directory in another build: BuildKit's words for it, source/local."""
        return f"{name}:{name}:{self._session.shared_key}"

    def files(
        self, name: str, *, follow: tuple[str, ...] = (), exclude: tuple[str, ...] = ()
    ) -> AbstractAsyncContextManager[Offered]:
        return offered(self._session, name, follow=follow, exclude=exclude)
