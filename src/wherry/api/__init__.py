"""The HTTP face: Docker's API over the engine."""
