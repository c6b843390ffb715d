"""Which images ``images --filter`` means."""

import re
from functools import lru_cache

from msgspec import Struct

from wherry.errors import InvalidArgument
from wherry.model.image import Image
from wherry.model.reference import Reference
from wherry.plan.filters.parse import Filters, matches_labels, parse_flag
from wherry.plan.regexp import plain_class
from wherry.plan.timestamps import parse_timestamp

IMAGE_FILTERS = frozenset(("before", "dangling", "label", "reference", "since", "until"))

_TOKEN = re.compile(r"\*+|\?|\[\^?(?:\\.|[^\]\\])+\]|\\.|[^\[\\]", re.DOTALL)


class ImageFilter(Struct, frozen=True, kw_only=True):
    """Filters with their texts read. Times are ns since the epoch, 0 that of many an image made to be made again;
    None for no bound."""

    dangling: bool | None = None
    labels: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    before: int | None = None
    since: int | None = None

    @classmethod
    def read(
        cls,
        filters: Filters,
        *,
        before: int | None = None,
        since: int | None = None,
        now: int = 0,
        utc_offset: int = 0,
    ) -> "ImageFilter":
        """``before`` and ``since`` are when the images of those filters were created.

        Raises:
            InvalidArgument: values that make no sense.
        """
        for pattern in filters.get("reference", ()):
            _glob(pattern)
        bounds = [parse_timestamp(text, now, utc_offset) for text in filters.get("until", ())]
        return cls(
            dangling=parse_flag(filters, "dangling"),
            labels=filters.get("label", ()),
            patterns=filters.get("reference", ()),
            before=min((bound for bound in (before, *bounds) if bound is not None), default=None),
            since=since,
        )

    def matches(self, image: Image, names: tuple[Reference, ...]) -> bool:
        """Whether an image with these names (all it has) is meant."""
        if self.before is not None and image.created >= self.before:
            return False
        if self.since is not None and image.created <= self.since:
            return False
        if self.dangling is not None and self.dangling == any(name.tag for name in names):
            return False
        if not matches_labels(image.config.labels, self.labels):
            return False
        return not self.patterns or any(self.shows(name) for name in names)

    def shows(self, name: Reference) -> bool:
        """Whether a name of a matching image is to be listed: only those that a reference filter found."""
        return not self.patterns or any(matches_reference(pattern, name) for pattern in self.patterns)


def matches_reference(pattern: str, name: Reference) -> bool:
    """Whether a pattern of Go's ``path.Match`` fits a name in its familiar form, with its tag or without.

    Raises:
        InvalidArgument: a broken pattern.
    """
    glob = _glob(pattern)
    return bool(glob.fullmatch(name.familiar) or glob.fullmatch(name.familiar_name))


@lru_cache(maxsize=64)
def _glob(pattern: str) -> re.Pattern[str]:
    """``*`` and ``?`` stop at a slash, ``[^a-z]`` is a class, a backslash takes the next character as it is.

    A star but for the last one takes the first match of what follows it and never tries another (an atomic group):
    that finds a match wherever there is one, and nobody's pattern keeps us busy.
    """
    segments, at = [""], 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise InvalidArgument("syntax error in pattern")
        if token[0][0] == "*":
            segments.append("")
        else:
            segments[-1] += _translate(token[0])
        at = token.end()
    first, *others = segments
    ending = f"[^/]*{others.pop()}" if others else ""
    try:
        return re.compile(first + "".join(f"(?>[^/]*?{segment})" for segment in others) + ending, re.DOTALL)
    except re.error:
        raise InvalidArgument("syntax error in pattern") from None


def _translate(token: str) -> str:
    if token == "?":
        return "[^/]"
    if token[0] == "[":
        return plain_class(token)
    return re.escape(token[-1])
