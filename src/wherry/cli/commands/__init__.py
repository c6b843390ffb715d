"""One function a command: ``def name(session: Session, argv: list[str]) -> int``, the exit status."""
