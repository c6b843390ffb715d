"""A filter that was written anew decides what the first one decides."""

from collections.abc import Iterable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.bpf import ARCHITECTURE, ARGUMENTS, NUMBER, X86, X86_64, assert_same, packed

from wherry.runtime.bpf import Code, Instruction, searching

ALLOW, DENY, KILL = 0x7FFF0000, 0x00050001, 0


def chain(numbers: Iterable[int], rest: list[Instruction]) -> list[Instruction]:
    """Allow the numbers, one comparison after the other as libseccomp does it, or go on with the rest."""
    found: list[Instruction] = []
    for number in numbers:
        found += [Instruction(Code.IF_EQUAL, 0, 1, number), Instruction(Code.RETURN, 0, 0, ALLOW)]
    return found + rest


def test_a_chain_becomes_a_search() -> None:
    clone = [
        Instruction(Code.IF_EQUAL, 0, 4, 500),
        Instruction(Code.LOAD, 0, 0, ARGUMENTS),
        Instruction(Code.MASK, 0, 0, 0x7E020000),
        Instruction(Code.IF_EQUAL, 0, 1, 0),
        Instruction(Code.RETURN, 0, 0, ALLOW),
        Instruction(Code.RETURN, 0, 0, DENY),
    ]
    body = [Instruction(Code.LOAD, 0, 0, NUMBER), *chain(range(400), chain([420, 422], clone))]
    before = packed(
        [
            Instruction(Code.LOAD, 0, 0, ARCHITECTURE),
            Instruction(Code.IF_EQUAL, 1, 0, X86_64),
            Instruction(Code.RETURN, 0, 0, KILL),
            *body,
        ]
    )
    after = searching(before)
    assert_same(before, after, (0, 0x7E020000, 0x02000000, 1))
    assert len(after) < len(before) / 10


def test_one_that_computes_with_the_number_stays_as_it_is() -> None:
    computes = packed(
        [
            Instruction(Code.LOAD, 0, 0, NUMBER),
            Instruction(Code.MASK, 0, 0, 0xFF),
            Instruction(Code.IF_EQUAL, 0, 1, 3),
            Instruction(Code.RETURN, 0, 0, ALLOW),
            Instruction(Code.RETURN, 0, 0, DENY),
        ]
    )
    assert searching(computes) == computes


def test_one_with_other_opcodes_stays_as_it_is() -> None:
    store = packed([Instruction(0x02, 0, 0, 0), Instruction(Code.RETURN, 0, 0, ALLOW)])
    assert searching(store) == store


@st.composite
def programs(draw: st.DrawFn) -> list[Instruction]:
    """Programs that jump forward, and load before they compare."""
    length = draw(st.integers(2, 40))
    value = st.sampled_from([0, 1, 2, 3, 5, 8, 13, 0x40000000, X86, X86_64, 0xFFFFFFFF])
    program = [Instruction(Code.LOAD, 0, 0, draw(st.sampled_from([NUMBER, ARCHITECTURE])))]
    for left in reversed(range(1, length)):
        skip = st.integers(0, min(left, 255) - 1)
        code = draw(st.sampled_from([Code.IF_EQUAL, Code.IF_GREATER, Code.IF_AT_LEAST, Code.LOAD, Code.JUMP]))
        match code:
            case Code.LOAD:
                place = draw(st.sampled_from([NUMBER, ARCHITECTURE, ARGUMENTS]))
                program.append(Instruction(code, 0, 0, place))
            case Code.JUMP:
                program.append(Instruction(code, 0, 0, draw(skip)))
            case _:
                program.append(Instruction(code, draw(skip), draw(skip), draw(value)))
    return [*program, Instruction(Code.RETURN, 0, 0, draw(st.sampled_from([ALLOW, DENY, KILL])))]


def with_decisions(program: list[Instruction], decisions: Iterator[int]) -> list[Instruction]:
    """Some of the jumps end in decisions of their own, so that a program has more than one."""
    return [
        Instruction(Code.RETURN, 0, 0, next(decisions)) if place % 5 == 4 else each
        for place, each in enumerate(program)
    ]


@settings(max_examples=60, deadline=None)
@given(programs(), st.lists(st.sampled_from([ALLOW, DENY, KILL]), min_size=10, max_size=10))
def test_whatever_a_program_decides_stays(program: list[Instruction], decisions: list[int]) -> None:
    before = packed(with_decisions(program, iter(decisions)))
    assert_same(before, searching(before))
