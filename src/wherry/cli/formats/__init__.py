"""Listings: rows of a noun as a table, as JSON, or by a template."""

from ..session import CommandError
from ..texts import go_bool
from .tables import align

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..flags import Options
    from ..output import Output
    from ..session import Session
    from .templates import Template
    from .templates.values import Row

    Method = Callable[..., object]
    Fields = dict[str, Method]

HELP = """Format output using a custom template:
'table':            Print output in table format with column headers (default)
'table TEMPLATE':   Print output in table format using the given Go template
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template.
Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"""
INSPECT_HELP = """Format output using a custom template:
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template.
Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"""

PROBLEM = "template parsing error"
STATUS_BAD_TEMPLATE = 64


class Listing:
    """How one noun is listed.

    ``headers`` gives each field's column header; ``default`` the columns of the plain table; ``type_name`` is what
    Docker's error texts call a row; ``raw`` the template of ``--format raw``. ``with_argument`` fields take one.
    """

    def __init__(
        self,
        type_name: str,
        headers: dict[str, str],
        default: "Sequence[str]",
        raw: str,
        with_argument: frozenset[str] = frozenset(),
    ) -> None:
        self.type_name = type_name
        self.headers = headers
        self.default = default
        self.raw = raw
        self.with_argument = with_argument

    def write(
        self, out: "Output", rows: "Sequence[Fields]", template: str, absent: "Mapping[str, str] | None" = None
    ) -> None:
        """Print ``rows`` (a method by field name each). CommandError when the template is wrong.

        ``absent``: what the plain table shows for fields that are empty.
        """
        if template in ("", "table"):
            out.write(self.table(rows, absent))
        elif template == "json":
            self._write_json(out, rows)
        elif template.startswith("table"):
            self._write_table(out, rows, template.removeprefix("table"))
        else:
            text = self.raw if template == "raw" else template
            parsed = parse(_unescaped(text))
            out.write("".join(self._render(parsed, row) + "\n" for row in rows))

    def fields_used(self, template: str, names: "Sequence[str]") -> bool:
        """Whether a template reads one of those fields. CommandError, in words of its own, when it is wrong."""
        if template in ("", "table", "json"):
            return False
        used: set[str] = set()

        def recording(name: str) -> "Method":
            def method(*_: object) -> str:
                used.add(name)
                return ""

            return method

        parsed = parse(template, "failed to parse template")
        methods = {name: recording(name) for name in (*self.headers, *self.with_argument)}
        self._render(parsed, methods, "failed to execute template")
        return not used.isdisjoint(names)

    def table(self, rows: "Sequence[Fields]", absent: "Mapping[str, str] | None" = None) -> str:
        """The plain table, its header first."""
        fallback = absent or {}
        lines = ["\t".join([self.headers[name] for name in self.default])]
        for row in rows:
            lines.append("\t".join([_cell(row[name]()) or fallback.get(name, "") for name in self.default]))
        return align(lines)

    def _write_json(self, out: "Output", rows: "Sequence[Fields]") -> None:
        from .templates.json import encode

        for row in rows:
            out.line(encode(self._row(row)))

    def _write_table(self, out: "Output", rows: "Sequence[Fields]", template: str) -> None:
        parsed = parse(_unescaped(template))
        lines = [self._render(parsed, row) for row in rows]
        out.write(align("\n".join([self._header(parsed), *lines]).split("\n")))

    def _header(self, parsed: "Template") -> str:
        """As far as the words over the columns fit the template: what works on rows need not work on words."""
        from .templates import ExecError
        from .templates.functions import HEADER_FUNCTIONS
        from .templates.values import Header

        try:
            return parsed.execute(Header(self.headers), functions=HEADER_FUNCTIONS)
        except ExecError as error:
            return error.partial

    def _render(self, parsed: "Template", row: "Fields", problem: str = PROBLEM) -> str:
        from .templates import ExecError

        try:
            return parsed.execute(self._row(row))
        except ExecError as error:
            raise CommandError(f"{problem}: {error}") from None

    def _row(self, methods: "Fields") -> "Row":
        from .templates.values import Row

        return Row(self.type_name, methods, self.with_argument)


def _cell(value: object) -> str:
    return go_bool(value) if isinstance(value, bool) else str(value)


def parse(text: str, problem: str = PROBLEM, *, status: int = 1, name: str = "") -> "Template":
    """CommandError, ``problem`` its first words, when the text is no template; ``name`` is what they call it."""
    from .templates import ParseError, Template

    try:
        return Template(text, name)
    except ParseError as error:
        raise CommandError(f"{problem}: {error}", status) from None


def parse_format(text: str, problem: str = PROBLEM, *, name: str = "") -> "Template | None":
    """The --format of what is no listing; None for "". CommandError as of ``parse``, with the status of Docker's."""
    if not text:
        return None
    return parse("{{json .}}" if text == "json" else text, problem, status=STATUS_BAD_TEMPLATE, name=name)


def listing_template(session: "Session", options: "Options", key: str) -> str:
    """The --format of a listing, else config.json's under ``key``, which --quiet does without; "" for neither."""
    given: str = options["format"] or ""
    return given if given or options["quiet"] else session.config.get(key, "")


def quiet_template(template: str, raw: str) -> str:
    """What --quiet makes of a listing's template: one field, unless it is of the user's own.

    ``raw`` is that field's line of ``--format raw``: ``name: {{.Name}}``.
    """
    if template not in ("", "table", "raw"):
        return template
    return raw if template == "raw" else raw.partition(": ")[2]


def _unescaped(text: str) -> str:
    """Shells hand over ``\\t`` as two characters."""
    return text.strip(" ").replace("\\t", "\t").replace("\\n", "\n")
