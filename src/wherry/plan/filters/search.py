"""Which of the repositories that a search found ``search --filter`` means."""

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.model.registry import Found
from wherry.plan.filters.parse import Filters, parse_flag
from wherry.plan.go_values import read_int

SEARCH_FILTERS = frozenset(("is-automated", "is-official", "stars"))


class SearchFilter(Struct, frozen=True, kw_only=True):
    """None: either will do. ``stars``: at least. No repository is automated any more."""

    is_official: bool | None = None
    is_automated: bool | None = None
    stars: int = 0

    @classmethod
    def read(cls, filters: Filters) -> "SearchFilter":
        """Raises InvalidArgument for values that make no sense."""
        return cls(
            is_official=parse_flag(filters, "is-official"),
            is_automated=parse_flag(filters, "is-automated"),
            stars=max((_stars(text) for text in filters.get("stars", ())), default=0),
        )

    def matches(self, found: Found) -> bool:
        return self.is_official in (None, found.is_official) and not self.is_automated and found.stars >= self.stars


def _stars(text: str) -> int:
    try:
        return read_int(text)
    except ValueError as error:
        raise InvalidArgument(f"invalid filter 'stars={text}': {error}") from None
