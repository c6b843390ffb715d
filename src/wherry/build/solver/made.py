"""What a stage has come to after a step: a stack of layers, and the image that it would be."""

from functools import cached_property
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from wherry.build.plan.stage import StageState
from wherry.model.image import History, Image, Layer, Platform
from wherry.plan.images.configuration import write_image
from wherry.plan.timestamps import rfc3339


class Made(Struct, frozen=True, kw_only=True, dict=True):
    """``key`` is the cache's name of it: the digest of all that it hangs on.

    ``chain_id`` and ``diff_ids`` are its layers, the lowest first. ``base`` is the ID of the stored image below it,
    whose layers are the first ``inherited``; ``steps`` counts the lines of the history that came since. ``created`` is
    in nanoseconds, 0 for nothing yet.
    """

    state: StageState
    platform: Platform
    key: str
    base: str = ""
    inherited: int = 0
    steps: int = 0
    chain_id: str = ""
    diff_ids: tuple[str, ...] = ()
    history: tuple[History, ...] = ()
    created: int = 0

    def after(
        self, state: StageState, key: str, created_by: str, created: int, layer: Layer | None, comment: str = ""
    ) -> "Made":
        """One step later."""
        step = History(
            created=rfc3339(created),
            created_by=created_by,
            author=state.author,
            comment=comment,
            empty_layer=layer is None,
        )
        return replace(
            self,
            state=state,
            key=key,
            chain_id=layer.chain_id if layer else self.chain_id,
            diff_ids=(*self.diff_ids, layer.diff_id) if layer else self.diff_ids,
            history=(*self.history, step),
            steps=self.steps + 1,
            created=created,
        )

    def continued(self, state: StageState) -> "Made":
        """The same for a stage that begins with it: config unchanged, its own ARGs."""
        return replace(self, state=state)

    def squashed(self, layer: Layer | None, below: str, created: int) -> "Made":
        """With one layer in the place of its own, upon the stack ``below``: as Docker's ``--squash`` tells it."""
        kept = self.diff_ids[: self.inherited]
        count = len(self.history) - self.steps
        steps = tuple(replace(step, empty_layer=True) for step in self.history[count:])
        merged = History(
            created=rfc3339(created),
            comment=f"merge {self.image_id} to {self.base}",
            empty_layer=layer is None,
        )
        return replace(
            self,
            chain_id=layer.chain_id if layer else below,
            diff_ids=(*kept, layer.diff_id) if layer else kept,
            history=(*self.history[:count], *steps, merged),
            steps=self.steps + 1,
            created=created,
        )

    @property
    def is_stored(self) -> bool:
        """Whether it is no more than the image that it stands on."""
        return bool(self.base) and self.key == self.base

    @cached_property
    def document(self) -> bytes:
        """The image's configuration."""
        return write_image(
            platform=self.platform,
            config=self.state.config,
            diff_ids=self.diff_ids,
            history=self.history,
            created=self.created,
            author=self.state.author,
        )

    @property
    def image_id(self) -> str:
        """The ID it has, or would have, as an image; "" for nothing."""
        if self.is_stored or not self.history:
            return self.base
        return self.digest

    @cached_property
    def digest(self) -> str:
        """The ID of an image of its configuration."""
        return f"sha256:{sha256(self.document).hexdigest()}"


def from_image(image: Image, state: StageState) -> Made:
    return Made(
        state=state,
        platform=image.platform,
        key=image.id,
        base=image.id,
        inherited=len(image.diff_ids),
        chain_id=image.chain_id,
        diff_ids=image.diff_ids,
        history=image.history,
        created=image.created,
    )
