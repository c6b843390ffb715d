"""The last answer, kept as long as nothing has changed of what it was made from."""

from collections.abc import Callable
from typing import Generic, TypeVar, TypeVarTuple

R = TypeVar("R")
A = TypeVar("A")
Arguments = TypeVarTuple("Arguments")


class Latest(Generic[R, *Arguments, A]):
    """Calls ``make`` unless it was called last with the same record and equal arguments.

    A record that changes is another one, so it is not compared: commands that are typed one after the other ask for
    the same container before each, and to compare it would take as long as to answer.
    """

    def __init__(self, make: Callable[[R, *Arguments], A]) -> None:
        self._make = make
        self._last: tuple[R, tuple[*Arguments], A] | None = None

    def __call__(self, record: R, *arguments: *Arguments) -> A:
        last = self._last
        if last is None or last[0] is not record or last[1] != arguments:
            last = self._last = record, arguments, self._make(record, *arguments)
        return last[2]
