"""Chain IDs: names of stacks of layers (OCI image spec, config.md, "Layer ChainID")."""

import hashlib
from collections.abc import Iterable
from typing import Final

EMPTY_LAYER: Final = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The diff ID of a layer with nothing in it: a tar of two empty blocks. Images leave it out."""


def chain_ids(diff_ids: Iterable[str]) -> tuple[str, ...]:
    """The chain ID of every stack that begins at the bottom, the lowest first: one a diff ID."""
    chains: list[str] = []
    for diff_id in diff_ids:
        chains.append(stacked(chains[-1], diff_id) if chains else diff_id)
    return tuple(chains)


def chain_id(diff_ids: Iterable[str]) -> str:
    """The chain ID of a whole stack; "" for an image without layers."""
    return ("", *chain_ids(diff_ids))[-1]


def stacked(parent: str, diff_id: str) -> str:
    """The chain ID of a layer on the stack ``parent`` ("" for none)."""
    if not parent:
        return diff_id
    return f"sha256:{hashlib.sha256(f'{parent} {diff_id}'.encode()).hexdigest()}"
