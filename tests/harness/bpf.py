"""Seccomp filters, carried out and compared."""

import struct
from collections.abc import Iterable
from itertools import product

from wherry.runtime.bpf import Code, Instruction

X86_64, X86 = 0xC000003E, 0x40000003
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16


def packed(program: Iterable[Instruction]) -> bytes:
    return b"".join(struct.pack("=HBBI", *each) for each in program)


def decision(program: list[Instruction], architecture: int, number: int, argument: int) -> int:
    """What the kernel does for a system call all of whose arguments have the same halves, by bpf's rules."""
    data = {NUMBER: number, ARCHITECTURE: architecture}
    here = loaded = 0
    while True:
        code, jt, jf, k = program[here]
        here += 1
        match code:
            case Code.RETURN:
                return k
            case Code.LOAD:
                loaded = data.get(k, argument)
            case Code.MASK:
                loaded &= k
            case Code.JUMP:
                here += k
            case Code.IF_EQUAL:
                here += jt if loaded == k else jf
            case Code.IF_GREATER:
                here += jt if loaded > k else jf
            case Code.IF_AT_LEAST:
                here += jt if loaded >= k else jf
            case Code.IF_ANY_BIT:
                here += jt if loaded & k else jf


def unpacked(program: bytes) -> list[Instruction]:
    return [Instruction(*fields) for fields in struct.iter_unpack("=HBBI", program)]


def boundaries(program: list[Instruction]) -> list[int]:
    """All numbers that a comparison of the program tells from their neighbours."""
    compared = {each.k for each in program}
    return sorted({0, 0xFFFFFFFF} | {(k + step) & 0xFFFFFFFF for k in compared for step in (-1, 0, 1)})


def assert_same(
    before: bytes,
    after: bytes,
    arguments: Iterable[int] = (0, 1, 0xFFFFFFFF),
    architectures: Iterable[int] = (X86_64, X86, 0),
) -> None:
    """Two filters decide alike for every number; of architectures and arguments, for those given."""
    first, second = unpacked(before), unpacked(after)
    for case in product(architectures, boundaries(first), arguments):
        assert decision(first, *case) == decision(second, *case), case
