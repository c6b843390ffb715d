"""Files that flags name."""


def read_file(path: str) -> bytes:
    """The whole file. ValueError with Go's words when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ValueError(f"open {path}: {str(error.strerror).lower()}") from None
