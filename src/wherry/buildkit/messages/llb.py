"""As much of LLB (solver/pb/ops.proto) as names the result of a build: clients hand that on, and look at its form."""

from hashlib import sha256
from typing import Annotated, Final

from msgspec import Struct

from wherry.buildkit.protobuf import decode, encode

_RESULT: Final = "wherry-result://"


class Input(Struct, frozen=True):
    digest: Annotated[str, 1] = ""


class Source(Struct, frozen=True):
    identifier: Annotated[str, 1] = ""


class Op(Struct, frozen=True, kw_only=True):
    inputs: Annotated[tuple[Input, ...], 1] = ()
    source: Annotated[Source | None, 3] = None


class Definition(Struct, frozen=True):
    """Operations, encoded, of which the last one says which of the others is meant; and metadata of each by its digest,
    which are empty here."""

    ops: Annotated[tuple[bytes, ...], 1] = ()
    metadata: Annotated[dict[str, bytes], 2] = {}


def of_result(build: str, name: str) -> bytes:
    """The definition of a result of a build."""
    source = encode(Op(source=Source(f"{_RESULT}{build}/{name}")))
    end = encode(Op(inputs=(Input(_digest(source)),)))
    return encode(Definition((source, end), {_digest(op): b"" for op in (source, end)}))


def result_of(definition: bytes) -> tuple[str, str] | None:
    """The build and the result that a definition means; None for any other. InvalidArgument."""
    for op in decode(Definition, definition).ops:
        source = decode(Op, op).source
        if source is not None and source.identifier.startswith(_RESULT):
            build, _, name = source.identifier.removeprefix(_RESULT).rpartition("/")
            return build, name
    return None


def _digest(op: bytes) -> str:
    return f"sha256:{sha256(op).hexdigest()}"
