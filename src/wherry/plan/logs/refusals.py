"""What a start says about a log that cannot be kept."""

from wherry.errors import InternalError


def refusal(reason: Exception) -> InternalError:
    """In dockerd's words."""
    return InternalError(f"failed to create task for container: failed to initialize logging driver: {reason}")
