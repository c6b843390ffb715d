"""Which containers ``ps --filter`` and ``container prune`` mean."""

from collections.abc import Collection, Iterable

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.model.container import Container, Pending, Status
from wherry.model.health import HealthStatus
from wherry.plan.filters.parse import Filters, matches_labels, matches_pattern, parse_flag
from wherry.plan.go_values import read_int
from wherry.plan.networks.attachments import LARGEST_PORT, live, network_names, published, visible_ports

CONTAINER_FILTERS = frozenset(
    (
        *("ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation"),
        *("label", "name", "network", "publish", "since", "status", "volume"),
    )
)

REMOVING = "removing"
_STATES = frozenset((*Status, REMOVING))
_HEALTH = frozenset((*HealthStatus, ""))


def state_name(container: Container) -> str:
    """The state as Docker names it: the status, or ``removing``."""
    return REMOVING if container.state.pending is Pending.REMOVING else container.state.status.value


class ContainerFilter(Struct, frozen=True, kw_only=True):
    """Filters with their texts read, and what only the engine knows filled in.

    ``images`` are the IDs that ``ancestor`` means (None: not asked for), ``before`` and ``since`` times of creation of
    the containers that were named, 0 for none.
    """

    filters: Filters
    exited: frozenset[int]
    exposed: frozenset[str]
    published: frozenset[str]
    images: frozenset[str] | None = None
    before: int = 0
    since: int = 0

    @classmethod
    def read(
        cls, filters: Filters, *, images: frozenset[str] | None = None, before: int = 0, since: int = 0
    ) -> "ContainerFilter":
        """Raises InvalidArgument for values that make no sense."""
        for state in filters.get("status", ()):
            if state not in _STATES:
                raise InvalidArgument(f"invalid filter 'status={state}'")
        for health in filters.get("health", ()):
            if health not in _HEALTH:
                raise InvalidArgument(f"unrecognized filter value for health: {health}")
        parse_flag(filters, "is-task")
        return cls(
            filters=filters,
            exited=frozenset(_exit_code(text) for text in filters.get("exited", ())),
            exposed=frozenset(_ports("expose", filters.get("expose", ()))),
            published=frozenset(_ports("publish", filters.get("publish", ()))),
            images=images,
            before=before,
            since=since,
        )

    @property
    def wants_all(self) -> bool:
        """Whether containers that do not run are asked for by name of their state."""
        return bool(self.filters.get("status"))

    def matches(self, container: Container) -> bool:
        return (
            self._matches_identity(container)
            and self._matches_state(container)
            and self._matches_time(container)
            and self._matches_network(container)
            and self._matches_ports(container)
            and self._matches_volume(container)
        )

    def _matches_identity(self, container: Container) -> bool:
        ids, names = self.filters.get("id", ()), self.filters.get("name", ())
        return (
            (not ids or container.id.startswith(ids))
            and (not names or matches_pattern(names, container.name) or matches_pattern(names, f"/{container.name}"))
            and (self.images is None or container.image_id in self.images)
            and matches_labels(container.spec.labels, self.filters.get("label", ()))
        )

    def _matches_state(self, container: Container) -> bool:
        wanted, health, state = self.filters.get("status"), self.filters.get("health"), container.state
        has_exited = not state.status.runs and state.started_at and state.exit_code in self.exited
        return bool(
            (not wanted or state_name(container) in wanted)
            and (not health or _health(container) in health)
            and (not self.exited or has_exited)
            and parse_flag(self.filters, "is-task", False) is False
        )

    def _matches_time(self, container: Container) -> bool:
        return (not self.before or container.created < self.before) and container.created > self.since

    def _matches_network(self, container: Container) -> bool:
        wanted = self.filters.get("network")
        if not wanted:
            return True
        ids = (endpoint.network_id for endpoint in live(container))
        return any(name in wanted for name in network_names(container)) or any(id_.startswith(wanted) for id_ in ids)

    def _matches_ports(self, container: Container) -> bool:
        if not self.exposed and not self.published:
            return True
        if self.exposed.intersection(visible_ports(container)):
            return True
        return any(f"{port.host_port}/{port.protocol}" in self.published for port in published(container))

    def _matches_volume(self, container: Container) -> bool:
        wanted = self.filters.get("volume")
        return not wanted or any(
            text in wanted for mount in container.mounts for text in (mount.name or mount.source, mount.target)
        )


def _health(container: Container) -> str:
    health = container.state.health
    return health.status if health else HealthStatus.NONE


def port_range(text: str) -> tuple[range, str]:
    """``port[-port][/protocol]`` → the ports and the protocol. ValueError with Docker's text."""
    numbers, _, protocol = text.partition("/")
    first, _, last = numbers.partition("-")
    start, end = _port(first), _port(last or first)
    if end < start:
        raise ValueError(f"Invalid range specified for the Port: {numbers}")
    return range(start, end + 1), protocol or "tcp"


def _port(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > LARGEST_PORT:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def _ports(key: str, texts: Collection[str]) -> Iterable[str]:
    for text in texts:
        try:
            numbers, protocol = port_range(text)
        except ValueError as error:
            raise InvalidArgument(f"error while looking up for {key} {text}: {error}") from None
        yield from (f"{number}/{protocol}" for number in numbers)


def _exit_code(text: str) -> int:
    try:
        return read_int(text)
    except ValueError as error:
        raise InvalidArgument(f"invalid filter 'exited={text}': {error}") from None
