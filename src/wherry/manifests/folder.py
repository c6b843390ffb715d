"""Where lists wait to be pushed: a folder a list, a file a manifest (docker/cli ``cli/manifest/store``)."""

import os
import shutil
from pathlib import Path

import msgspec

from wherry.errors import CorruptImage, NoSuchManifest
from wherry.manifests.records import ListedManifest, document, read
from wherry.model.malformed import MALFORMED
from wherry.model.reference import Reference


class ManifestFolder:
    """All lists of a user. Names of files are references, which begin with a domain and lose their slashes: none leads
    out."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: Reference, manifest: Reference) -> ListedManifest:
        """NoSuchManifest."""
        return _read(self._file(name, manifest), manifest)

    def get_list(self, name: Reference) -> tuple[ListedManifest, ...]:
        """NoSuchManifest if there is no such list."""
        folder = self._root / _file_name(name)
        if not folder.is_dir():
            raise _missing(name)
        return tuple(_read(file, name) for file in sorted(folder.iterdir()) if not file.name.startswith("."))

    def save(self, name: Reference, manifest: Reference, entry: ListedManifest) -> None:
        """Into the list, in the place of what there was."""
        file = self._file(name, manifest)
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = file.with_name(f".{file.name}")
        half.write_bytes(msgspec.json.encode(document(entry)))
        os.rename(half, file)

    def remove(self, name: Reference) -> None:
        """NoSuchManifest if there is no such list."""
        try:
            shutil.rmtree(self._root / _file_name(name))
        except FileNotFoundError:
            raise _missing(name) from None

    def _file(self, name: Reference, manifest: Reference) -> Path:
        return self._root / _file_name(name) / _file_name(manifest)


def _read(file: Path, asked: Reference) -> ListedManifest:
    try:
        return read(file.read_bytes())
    except FileNotFoundError:
        raise _missing(asked) from None
    except MALFORMED as error:
        raise CorruptImage(f"{file}: {error}") from error


def _missing(reference: Reference) -> NoSuchManifest:
    return NoSuchManifest(f"No such manifest: {reference.canonical}")


def _file_name(reference: Reference) -> str:
    return reference.canonical.replace(":", "-").replace("/", "_")
