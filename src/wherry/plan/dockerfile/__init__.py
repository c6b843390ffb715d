"""The Dockerfile language: text → instructions."""

from wherry.plan.dockerfile.instructions import Dockerfile


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile. InvalidArgument in Docker's words, with the line, for what is none."""
    raise NotImplementedError
