"""What every command is given: the engine's address and client, the configuration, the outputs."""

from posix import environ

from ..client.connection import CannotConnect, Client
from .output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .config.identity import Identity

DEFAULT_CONTEXT = "default"
DEFAULT_HOST = "unix:///run/wherry/wherry.sock"


class CommandError(Exception):
    """A command failed for a reason of its own; ``str(error)`` goes to stderr as it is."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


class Session:
    """One invocation of the command line.

    ``spelled``: the command as typed, ``ps`` or ``container ls``; ``host``: the engine's address;
    ``identity``: who we are there, if it is behind TLS;
    ``out`` and ``err``: buffered outputs, flushed when the command returns.
    """

    def __init__(
        self, *, spelled: str = "", host: str = "", context: str = "", config_dir: str = "", debug: bool = False
    ) -> None:
        self.spelled = spelled
        self._context = context
        self.host = host or getenv("DOCKER_HOST") or DEFAULT_HOST
        self.config_dir = config_dir or getenv("DOCKER_CONFIG") or f"{getenv('HOME')}/.docker"
        self.debug = debug
        self.identity: Identity | None = None
        self.out = Output(1)
        self.err = Output(2)
        self._starts_engine = not host and not getenv("DOCKER_HOST")
        self._client: Client | None = None
        self._config: dict[str, Any] | None = None

    @property
    def context(self) -> str:
        """The name of the context: who names an engine by itself is in the default one."""
        if self._context:
            return self._context
        if not self._starts_engine:
            return DEFAULT_CONTEXT
        return getenv("DOCKER_CONTEXT") or self._configured_context() or DEFAULT_CONTEXT

    def meet(self, host: str, identity: "Identity | None") -> None:
        """Talk to this engine, and do not start one in its place."""
        self.host = host or self.host
        self.identity = identity
        self._starts_engine = False

    @property
    def client(self) -> Client:
        """A client with a connection made; starts the engine when nobody said where it is and it is not there."""
        if self._client is None:
            client = Client(self.host, self.identity.context() if self.identity else None)
            try:
                client.connect()
            except CannotConnect:
                if not self._starts_engine:
                    raise
                from .autostart import start_engine

                start_engine(client)
            self._client = client
        return self._client

    def close(self) -> None:
        """Write what is still to be written and give up the connection."""
        self.out.flush()
        self.err.flush()
        if self._client is not None:
            self._client.close()

    @property
    def config(self) -> "dict[str, Any]":
        """``config.json``; {} where there is none. What cannot be understood is left out, with a warning."""
        if self._config is None:
            path = f"{self.config_dir}/config.json"
            self._config, mistake = _load(path)
            if mistake:
                self.err.line(f"WARNING: Error loading config file: {path}: {mistake}")
        return self._config

    def _configured_context(self) -> str:
        """What ``context use`` has written. Most configurations say nothing of contexts, and need not be understood."""
        try:
            with open(f"{self.config_dir}/config.json", "rb") as file:
                says_something = b'"currentContext"' in file.read()
        except OSError:
            return ""
        return str(self.config.get("currentContext") or "") if says_something else ""

    @property
    def has_colours(self) -> bool:
        """Whether what goes to stdout may be coloured: to a terminal that can, if the user does not object."""
        return self.out.isatty() and getenv("TERM") != "dumb" and not getenv("NO_COLOR")

    @property
    def proxies(self) -> "dict[str, Any]":
        """What the configuration says about proxies for this engine, or for all."""
        configured: dict[str, Any] = self.config.get("proxies") or {}
        return configured.get(self.host) or configured.get("default") or {}


def _load(path: str) -> "tuple[dict[str, Any], str]":
    """A configuration, and what is wrong with it."""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, str(error)
    from .config import understood

    try:
        return understood(text)
    except ValueError as error:
        return {}, str(error)


def getenv(name: str) -> str:
    """An environment variable; "" when it is not set."""
    return environ.get(name.encode(), b"").decode("utf-8", "surrogateescape")
