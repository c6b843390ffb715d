"""Strings as Go and Docker print them, and sort them."""

SHORT_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"',
}  # fmt: skip
SHORT_ID = 12


def quote(text: str) -> str:
    """``strconv.Quote``."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(char: str) -> str:
    if char in SHORT_ESCAPES:
        return SHORT_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def go_bool(value: object) -> str:
    """``true`` or ``false``."""
    return "true" if value else "false"


def ellipsis(text: str, width: int) -> str:
    """At most ``width`` characters, the last of them ``…`` when some are missing."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def short_id(identifier: str) -> str:
    """The first 12 characters, without the name of the algorithm."""
    return identifier.rpartition(":")[2][:SHORT_ID]


def label_list(labels: dict[str, str]) -> str:
    """``a=1,b=2``."""
    return ",".join(sorted(f"{name}={value}" for name, value in labels.items()))


def natural(text: str) -> str:
    """A key that sorts ``9/tcp`` before ``80/tcp``: numbers are compared as such."""
    spaced = "".join(char if char.isdigit() else f" {char} " for char in text)
    return "".join(word.zfill(8) if word.isdigit() else word for word in spaced.split(" "))
