"""A filter that was written anew decides what the first one decides."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.bpf import ARCHITECTURE, ARGUMENTS, NUMBER, X86_64, assert_same, boundaries, packed

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


def test_the_architecture_may_be_looked_at_for_some_numbers_only() -> None:
    before = packed(
        [
            Instruction(Code.LOAD, 0, 0, NUMBER),
            Instruction(Code.IF_EQUAL, 0, 4, 5),
            Instruction(Code.LOAD, 0, 0, ARCHITECTURE),
            Instruction(Code.IF_EQUAL, 0, 1, X86_64),
            Instruction(Code.RETURN, 0, 0, ALLOW),
            Instruction(Code.RETURN, 0, 0, DENY),
            Instruction(Code.RETURN, 0, 0, KILL),
        ]
    )
    assert_same(before, searching(before))


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


def branch(
    field: int, code: Code, value: int, true: list[Instruction], false: list[Instruction], *, far: bool
) -> list[Instruction]:
    """Load, compare, and go on as the one or the other; ``far``: as if the other were too far for a comparison."""
    if far:
        skips = [Instruction(code, 1, 0, value), Instruction(Code.JUMP, 0, 0, len(true))]
    else:
        skips = [Instruction(code, 0, len(true), value)]
    return [Instruction(Code.LOAD, 0, 0, field), *skips, *true, *false]


PROGRAMS = st.recursive(
    st.builds(lambda action: [Instruction(Code.RETURN, 0, 0, action)], st.sampled_from([ALLOW, DENY, KILL])),
    lambda part: st.builds(
        branch,
        st.sampled_from([NUMBER, ARCHITECTURE, ARGUMENTS]),
        st.sampled_from([Code.IF_EQUAL, Code.IF_GREATER, Code.IF_AT_LEAST]),
        st.sampled_from([0, 5, X86_64, 0xFFFFFFFF]),
        part,
        part,
        far=st.booleans(),
    ),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(PROGRAMS)
def test_whatever_a_program_decides_stays(program: list[Instruction]) -> None:
    before = packed(program)
    assert_same(before, searching(before), architectures=boundaries(program))
