"""Whether an image is for the platform that was asked for."""

from wherry.errors import NoSuchImage
from wherry.model.image import Platform


class WrongPlatform(NoSuchImage):
    """The image that is here is for another platform: to the clients of a create, it is not here."""

    def __init__(self, ref: str, wanted: str, actual: Platform) -> None:
        super().__init__(ref)
        text = "was found but does not match the specified platform"
        self.args = (f"image with reference {ref} {text}: wanted {wanted}, actual: {actual}",)


def check_platform(actual: Platform, wanted: str, ref: str) -> None:
    """WrongPlatform unless ``actual`` is ``wanted`` (``os/architecture[/variant]``, "" for any)."""
    have = (actual.os, actual.architecture, actual.variant)
    asked = wanted.split("/") if wanted else []
    if any(part != own for part, own in zip(asked, have, strict=False) if own):
        raise WrongPlatform(ref, wanted, actual)
