"""``search``: repositories of Docker Hub, or of the registry that the term begins with."""

from ..config.credentials import auth_headers
from ..flags import Command, Flag
from ..formats import Listing
from ..options.filters import collect, encode, filter_flag
from ..references import DEFAULT_DOMAIN, InvalidReference, parse
from ..texts import ellipsis, go_bool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..formats import Fields
    from ..session import Session

COMMAND = Command(
    "[OPTIONS] TERM",
    "Search Docker Hub for images",
    (
        filter_flag(),
        Flag("format", "string", "Pretty-print search using a Go template"),
        Flag("limit", "int", "Max number of search results"),
        Flag("no-trunc", "bool", "Don't truncate output"),
    ),
    minimum=1,
    maximum=1,
)
HEADERS = {
    "Description": "DESCRIPTION",
    "IsAutomated": "AUTOMATED",
    "IsOfficial": "OFFICIAL",
    "Name": "NAME",
    "StarCount": "STARS",
}
DESCRIPTION_WIDTH = 45


def search(session: "Session", argv: list[str]) -> int:
    options = COMMAND.parse(argv, session.spelled)
    term, template = options.arguments[0], options["format"] or ""
    query = {"term": term, **encode(collect(options["filter"]))}
    if (options["limit"] or 0) > 0:
        query["limit"] = str(options["limit"])
    headers = auth_headers(session, _domain(term))
    found = session.client.call("GET", "/images/search", query=query, headers=headers).json()
    rows = [fields(one, trunc=not options["no-trunc"], words=template == "json") for one in found]
    columns = ("Name", "Description", "StarCount", "IsOfficial")
    Listing("*registry.searchContext", HEADERS, columns, "raw").write(session.out, rows, template)
    return 0


def fields(found: "dict[str, Any]", *, trunc: bool, words: bool) -> "Fields":
    """The columns of one result; with ``words`` what is so or not is ``true`` or ``false``."""

    def description() -> str:
        text = found.get("description", "").replace("\n", " ").replace("\r", " ")
        return ellipsis(text, DESCRIPTION_WIDTH) if trunc else text

    def mark(key: str) -> str:
        return go_bool(found.get(key)) if words else "[OK]" if found.get(key) else ""

    return {
        "Description": description,
        "IsAutomated": lambda: mark("is_automated"),
        "IsOfficial": lambda: mark("is_official"),
        "Name": lambda: found["name"],
        "StarCount": lambda: str(found.get("star_count", 0)),
    }


def _domain(term: str) -> str:
    try:
        return parse(term).domain
    except InvalidReference:
        return DEFAULT_DOMAIN
