"""What a decoder raises for JSON of others that is none."""

from typing import Final

import msgspec

MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Not JSON, or not of the shape; a string that is not UTF-8; nested deeper than the interpreter's stack."""
