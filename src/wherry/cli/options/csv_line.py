"""One line of comma separated values by the rules of Go's ``encoding/csv``, as --mount and --network take it."""


def fields(text: str) -> list[str]:
    """The fields of a line. ValueError with Go's words where quotes are wrong or there is nothing."""
    if not text:
        raise ValueError("EOF")
    found = []
    rest = text
    while True:
        if rest.startswith('"'):
            field, rest = _quoted(rest[1:], text)
        else:
            field, comma, behind = rest.partition(",")
            if '"' in field:
                column = len(text) - len(rest) + field.index('"') + 1
                raise ValueError(f'parse error on line 1, column {column}: bare " in non-quoted field')
            rest = comma + behind
        found.append(field)
        if not rest:
            return found
        rest = rest[1:]


def _quoted(rest: str, text: str) -> tuple[str, str]:
    """The field up to its closing quote, and what is behind it: "" or a comma and more."""
    parts = []
    while True:
        part, quote, rest = rest.partition('"')
        parts.append(part)
        column = len(text) - len(rest)
        if not quote:
            raise ValueError(f'parse error on line 1, column {column + 1}: extraneous or missing " in quoted-field')
        if rest.startswith('"'):
            parts.append('"')
            rest = rest[1:]
        elif not rest or rest.startswith(","):
            return "".join(parts), rest
        else:
            raise ValueError(f'parse error on line 1, column {column}: extraneous or missing " in quoted-field')
