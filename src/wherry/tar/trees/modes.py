"""Changes of permissions as chmod(1) takes them: octal, or symbolic such as ``u=rwX,go=rX``."""

from collections.abc import Callable

Chmod = Callable[[int, bool], int]
"""From a mode, and whether it is a directory's, to a mode."""

_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}
_COPIED = {"u": 6, "g": 3, "o": 0}


def parse(text: str) -> Chmod:
    """ValueError for what is neither."""
    if text.isascii() and text.isdigit():
        bits = int(text, 8)
        if bits > 0o7777:
            raise ValueError(text)
        return lambda mode, directory: bits
    clauses = [_clause(clause) for clause in text.split(",")]

    def changed(mode: int, directory: bool) -> int:
        for clause in clauses:
            mode = clause(mode, directory)
        return mode

    return changed


def _clause(text: str) -> Chmod:
    rest = text.lstrip("ugoa")
    who = 0
    for letter in text[: len(text) - len(rest)] or "a":
        who |= _WHO[letter]
    if not rest or rest[0] not in "+-=" or not set(rest[1:]) <= {*_BITS, "X", *_COPIED}:
        raise ValueError(text)
    operator, letters = rest[0], rest[1:]

    def changed(mode: int, directory: bool) -> int:
        bits = who & _meant(letters, mode, directory)
        if operator == "+":
            return mode | bits
        return mode & ~bits if operator == "-" else (mode & ~who) | bits

    return changed


def _meant(letters: str, mode: int, directory: bool) -> int:
    bits = 0
    for letter in letters:
        if letter == "X":
            bits |= _BITS["x"] if directory or mode & 0o111 else 0
        elif letter in _COPIED:
            bits |= (mode >> _COPIED[letter] & 0o7) * 0o111
        else:
            bits |= _BITS[letter]
    return bits
