"""Seccomp filters that decide by search.

libseccomp compiles a profile to a chain: one comparison for each system call, for each architecture. The kernel walks
the chain for every number of a system call when it takes a filter, which is at each start and each exec. What a filter
decides depends on the architecture, on the number, and for a few calls on their arguments: ``searching`` finds the
ranges of numbers that are decided alike, and writes a program that looks for the range by halving.

It follows the program itself, whatever profile that was made from; numbers that no call has are decided as before.
Sources: struct sock_filter and the opcodes in linux/filter.h and linux/bpf_common.h. Jumps only go forward.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

_LAYOUT: Final = struct.Struct("=HBBI")
_LONGEST: Final = 4096  # BPF_MAXINSNS
_FARTHEST: Final = 255  # that a conditional jump can go
_END: Final = 1 << 32  # of what a number can be, exclusive

_NUMBER, _ARCHITECTURE, _NOTHING = 0, 4, -1  # loaded: offsets in struct seccomp_data, where arguments come after


class Code(IntEnum):
    """The opcodes that libseccomp uses, all but the jumps and the return on a word that was loaded."""

    LOAD = 0x20
    MASK = 0x54
    RETURN = 0x06
    JUMP = 0x05
    IF_EQUAL = 0x15
    IF_GREATER = 0x25
    IF_AT_LEAST = 0x35
    IF_ANY_BIT = 0x45


_KNOWN: Final = frozenset(Code)


class Instruction(NamedTuple):
    """A ``struct sock_filter``. ``jt`` and ``jf`` are how many instructions a true and a false comparison skip."""

    code: int
    jt: int
    jf: int
    k: int


Program: TypeAlias = tuple[Instruction, ...]


class Range(NamedTuple):
    """Values from ``low`` to before ``high``."""

    low: int
    high: int


class _Case(NamedTuple):
    """What is known where a path of the program has come to: the architecture, and which of the two was loaded last."""

    architecture: Range
    loaded: int


class _Decided(NamedTuple):
    """A range of values that a program goes on alike for."""

    low: int
    high: int
    rest: Program


_Steps: TypeAlias = list[tuple[int, _Case, list[Range]]]  # how many instructions are skipped, by whom


def searching(program: bytes) -> bytes:
    """A program that decides the same as ``program`` (array of struct sock_filter, as libseccomp exports it), or
    ``program`` itself where it does what libseccomp's do not, or would become too long."""
    instructions = tuple(Instruction(*fields) for fields in _LAYOUT.iter_unpack(program))
    if not {each.code for each in instructions} <= _KNOWN:
        return program
    decided = _decided(instructions)
    if decided is None:
        return program
    shorter = [Instruction(Code.LOAD, 0, 0, _ARCHITECTURE), *_search(decided)]
    return b"".join(_LAYOUT.pack(*each) for each in shorter) if len(shorter) <= _LONGEST else program


def _decided(program: Program) -> list[_Decided] | None:
    """For ranges of architectures, programs that search the number. None if the program computes with either."""
    numbers: dict[Range, list[_Decided]] = {}
    rest = cache(lambda start: _reachable(program, start))
    arriving: list[dict[_Case, list[Range]]] = [{} for _ in program]
    arriving[0][_Case(Range(0, _END), _NOTHING)] = [Range(0, _END)]
    for here, instruction in enumerate(program):
        for case, ranges in arriving[here].items():
            if _ends_common_part(instruction):
                found = numbers.setdefault(case.architecture, [])
                found.extend(_Decided(*each, rest(here)) for each in ranges)
                continue
            steps = _steps(instruction, case, sorted(ranges))
            if steps is None:
                return None
            for skipped, following, reached in steps:
                arriving[here + 1 + skipped].setdefault(following, []).extend(reached)
    return _joined([_Decided(*each, _number_search(found)) for each, found in _apart(numbers)])


def _apart(numbers: dict[Range, list[_Decided]]) -> Iterator[tuple[Range, list[_Decided]]]:
    """The same for ranges of architectures of which none is in another: paths may tell them apart differently."""
    edges = sorted({edge for each in numbers for edge in each})
    for low, high in pairwise(edges):
        covering = (found for each, found in numbers.items() if each.low <= low and high <= each.high)
        yield Range(low, high), [decided for found in covering for decided in found]


def _ends_common_part(instruction: Instruction) -> bool:
    """Whether from here on it is the same for all numbers that come here: a decision, or a look at arguments."""
    loads = instruction.code == Code.LOAD
    return instruction.code == Code.RETURN or (loads and instruction.k not in (_NUMBER, _ARCHITECTURE))


def _steps(instruction: Instruction, case: _Case, numbers: list[Range]) -> _Steps | None:
    """Where the numbers go, and what is known there. None if it cannot be told."""
    code, jt, jf, k = instruction
    if code == Code.LOAD:
        return [(0, case._replace(loaded=k), numbers)]
    if code == Code.JUMP:
        return [(k, case, numbers)]
    tested = _tested(code, k)
    if tested is None or case.loaded == _NOTHING:
        return None
    if case.loaded == _NUMBER:
        inside, outside = _parted(numbers, tested)
        return [(jt, case, inside), (jf, case, outside)]
    inside, outside = _parted([case.architecture], tested)
    return [
        *((jt, case._replace(architecture=each), numbers) for each in inside),
        *((jf, case._replace(architecture=each), numbers) for each in outside),
    ]


def _tested(code: int, k: int) -> Range | None:
    """The values for which a comparison with ``k`` is true."""
    match code:
        case Code.IF_EQUAL:
            return Range(k, k + 1)
        case Code.IF_GREATER:
            return Range(k + 1, _END)
        case Code.IF_AT_LEAST:
            return Range(k, _END)
        case _:
            return None


def _parted(ranges: list[Range], by: Range) -> tuple[list[Range], list[Range]]:
    """Of sorted ranges those parts that are in ``by``, and those that are not."""
    first = bisect_right(ranges, by.low, key=itemgetter(1))
    last = max(first, bisect_left(ranges, by.high, key=itemgetter(0)))
    inside, below, above = [], [], []
    for low, high in ranges[first:last]:
        inside.append(Range(max(low, by.low), min(high, by.high)))
        if low < by.low:
            below.append(Range(low, by.low))
        if high > by.high:
            above.append(Range(by.high, high))
    return inside, [*ranges[:first], *below, *above, *ranges[last:]]


def _reachable(program: Program, start: int) -> Program:
    """The part of a program that can be reached from ``start``, as a program of its own."""
    needed = {start}
    for here in range(start, len(program)):
        if here in needed:
            needed.update(here + 1 + skipped for skipped in _skips(program[here]))
    places = {here: place for place, here in enumerate(sorted(needed))}

    def moved(here: int) -> Instruction:
        instruction = program[here]
        skips = [places[here + 1 + skipped] - places[here] - 1 for skipped in _skips(instruction)]
        if instruction.code == Code.JUMP:
            return instruction._replace(k=skips[0])
        return instruction._replace(jt=skips[0], jf=skips[1]) if len(skips) == 2 else instruction

    return tuple(moved(here) for here in places)


def _skips(instruction: Instruction) -> tuple[int, ...]:
    """How many instructions may be skipped after this one: nothing comes after a return."""
    match instruction.code:
        case Code.RETURN:
            return ()
        case Code.JUMP:
            return (instruction.k,)
        case Code.IF_EQUAL | Code.IF_GREATER | Code.IF_AT_LEAST | Code.IF_ANY_BIT:
            return (instruction.jt, instruction.jf)
        case _:
            return (0,)


def _number_search(found: list[_Decided]) -> Program:
    decided = _joined(found)
    if len(decided) == 1:
        return decided[0].rest
    return (Instruction(Code.LOAD, 0, 0, _NUMBER), *_search(decided))


def _joined(found: list[_Decided]) -> list[_Decided]:
    """Sorted, neighbours that go on alike made one."""
    joined: list[_Decided] = []
    for each in sorted(found, key=itemgetter(0)):
        if joined and joined[-1].rest == each.rest:
            joined[-1] = joined[-1]._replace(high=each.high)
        else:
            joined.append(each)
    return joined


def _search(decided: list[_Decided]) -> Program:
    """A program that looks for the range of the loaded value by halving, and goes on as the range does."""
    if len(decided) == 1:
        return decided[0].rest
    middle = len(decided) // 2
    below, above = _search(decided[:middle]), _search(decided[middle:])
    boundary = decided[middle].low
    if len(below) <= _FARTHEST:
        return (Instruction(Code.IF_AT_LEAST, len(below), 0, boundary), *below, *above)
    return (Instruction(Code.IF_AT_LEAST, 0, 1, boundary), Instruction(Code.JUMP, 0, 0, len(below)), *below, *above)
