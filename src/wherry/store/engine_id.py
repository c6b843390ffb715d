"""The name of an engine, kept for the life of its data root."""

import uuid
from pathlib import Path

from wherry.store.failures import explained


def engine_id(root: Path) -> str:
    """A UUID, chosen when it is first asked for. Blocks."""
    path = root / "engine-id"
    with explained(f"read {path}"):
        if not path.exists():
            written = path.with_suffix(".new")
            written.write_text(str(uuid.uuid4()))
            written.replace(path)
        return path.read_text().strip()
