"""How a gRPC call ends (google.rpc.Code)."""

from enum import IntEnum

from wherry.errors import WherryError


class Code(IntEnum):
    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @classmethod
    def _missing_(cls, value: object) -> "Code":
        return cls.UNKNOWN


class CallFailed(WherryError):
    """A call ended with another code than OK. ``details`` is an encoded ``google.rpc.Status``, or empty."""

    def __init__(self, code: Code, text: str, details: bytes = b"") -> None:
        super().__init__(text)
        self.code, self.details = code, details
