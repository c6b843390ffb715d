"""Detach keys: which typed bytes mean "leave me here" (``--detach-keys``, default ctrl-p ctrl-q)."""

from wherry.errors import InvalidArgument

_DEFAULT = b"\x10\x11"
_CONTROL = {"@": 0, "[": 27, "\\": 28, "]": 29, "^": 30, "_": 31} | {chr(97 + n): n + 1 for n in range(26)}


def parse(text: str, what: str = "detach") -> bytes:
    """``ctrl-p,ctrl-q`` → bytes; "" gives the default. InvalidArgument for anything else; ``what`` keys they are said
    to be then."""
    if not text:
        return _DEFAULT
    try:
        return bytes(_key(part) for part in text.split(","))
    except ValueError:
        raise InvalidArgument(f"Invalid {what} keys ({text}) provided") from None


def _key(part: str) -> int:
    if len(part) == 1:
        return ord(part.encode("latin-1", "replace"))
    if part.startswith("ctrl-") and part[5:] in _CONTROL:
        return _CONTROL[part[5:]]
    raise ValueError(part)


class DetachScanner:
    """Looks for the keys in what is typed. Bytes that may begin them are held back until it is clear."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._matched = 0

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """What to pass on, and whether the keys were typed whole (what follows them is dropped)."""
        passed = bytearray()
        for byte in data:
            if byte == self._keys[self._matched]:
                self._matched += 1
                if self._matched == len(self._keys):
                    self._matched = 0
                    return bytes(passed), True
                continue
            passed += self._keys[: self._matched]
            self._matched = 1 if byte == self._keys[0] else 0
            if not self._matched:
                passed.append(byte)
        return bytes(passed), False
