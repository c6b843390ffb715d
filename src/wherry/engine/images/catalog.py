"""Which images there are, by ID and by name, and what is told about them."""

import re
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from wherry.engine.ports import Records
from wherry.errors import InternalError, NoSuchImage
from wherry.model.image import History, Image, Layer
from wherry.model.reference import Reference
from wherry.plan.images.chain import chain_ids
from wherry.plan.images.configuration import read_time
from wherry.plan.timestamps import SECOND

MISSING = "<missing>"

_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})")


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """A step of an image's making. ``id`` may be ``<missing>``; ``created`` in seconds; ``size`` in bytes."""

    id: str
    created: int
    created_by: str
    tags: tuple[str, ...] = ()
    size: int = 0
    comment: str = ""


class Catalog:
    """The rows of images, of their layers and of their names."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def all(self) -> tuple[Image, ...]:
        """Oldest first."""
        return self._records.images.all()

    def find(self, ref: str) -> Image:
        """By ID, with or without ``sha256:``; by name; by unique prefix of the ID. NoSuchImage, InvalidReference."""
        if match := _ID.fullmatch(ref):
            return self.get(f"sha256:{match[1]}")
        reference = Reference.parse(ref)
        image = self.named(reference) or self._prefixed(ref)
        if image is None:
            raise NoSuchImage(reference.with_default_tag().familiar)
        return image

    def get(self, image_id: str) -> Image:
        """By whole ID. NoSuchImage."""
        image = self._records.images.get(image_id)
        if image is None:
            raise NoSuchImage(image_id)
        return image

    def named(self, reference: Reference) -> Image | None:
        """The image of a name; a digest counts before a tag."""
        tag = self._records.tags.get(key_of(reference).canonical)
        return self._records.images.get(tag.image_id) if tag else None

    def names(self, image_id: str) -> tuple[Reference, ...]:
        """Tags and digest references of an image, sorted by their whole text as Docker does."""
        found = (Reference.parse(tag.name) for tag in self._records.tags.all() if tag.image_id == image_id)
        return tuple(sorted(found, key=attrgetter("canonical")))

    def all_names(self) -> tuple[Reference, ...]:
        return tuple(Reference.parse(tag.name) for tag in self._records.tags.all())

    def children(self, image_id: str) -> tuple[Image, ...]:
        """Images that were built on this one, here."""
        return tuple(image for image in self.all() if image.parent == image_id)

    def chain(self, chain_id: str) -> tuple[Layer, ...]:
        """The layers of a stack, top first; () for "". InternalError if one has no row."""
        layers: list[Layer] = []
        while chain_id:
            layer = self._records.layers.get(chain_id)
            if layer is None:
                raise InternalError(f"layer {chain_id} does not exist: its image must be pulled or loaded again")
            layers.append(layer)
            chain_id = layer.parent
        return tuple(layers)

    def history(self, image: Image) -> tuple[HistoryEntry, ...]:
        """Newest first. Only steps that were made here have an ID."""
        owners = {len(owner.history): owner for owner in self._line_of(image)}
        steps = tuple(zip(image.history, self._sizes(image), strict=True))
        return tuple(
            self._entry(step, size, owners.get(number)) for number, (step, size) in reversed([*enumerate(steps, 1)])
        )

    def _prefixed(self, ref: str) -> Image | None:
        match = _PREFIX.fullmatch(ref)
        if match is None:
            return None
        found = [image for image in self.all() if image.id.startswith(f"sha256:{match[1]}")]
        return found[0] if len(found) == 1 else None

    def _line_of(self, image: Image) -> list[Image]:
        """The image, the one it was built on, and so on."""
        line = [image]
        while parent := self._records.images.get(line[-1].parent):
            line.append(parent)
        return line

    def _sizes(self, image: Image) -> list[int]:
        """Of each step of the history, oldest first."""
        chains = iter(chain_ids(image.diff_ids))
        layers = self._records.layers
        sizes = []
        for step in image.history:
            chain_id = "" if step.empty_layer else next(chains, "")
            layer = layers.get(chain_id) if chain_id else None
            sizes.append(layer.size if layer else 0)
        return sizes

    def _entry(self, step: History, size: int, owner: Image | None) -> HistoryEntry:
        return HistoryEntry(
            id=owner.id if owner else MISSING,
            created=read_time(step.created) // SECOND,
            created_by=step.created_by,
            tags=tuple(name.familiar for name in self.names(owner.id) if not name.digest) if owner else (),
            size=size,
            comment=step.comment,
        )


def key_of(reference: Reference) -> Reference:
    """The form under which a name is kept: with a digest or a tag, never both."""
    return replace(reference, tag=None) if reference.digest else reference.with_default_tag()


def is_id_of(image: Image, ref: str) -> bool:
    """Whether ``ref`` means this image by its ID, or by what begins it."""
    match = _PREFIX.fullmatch(ref)
    return match is not None and image.id.startswith(f"sha256:{match[1]}")
