import pytest

from wherry.errors import NoSuchImage
from wherry.model.image import Platform
from wherry.plan.platforms import check_platform

ARM = Platform(os="linux", architecture="arm64", variant="v8")


@pytest.mark.parametrize("wanted", ["", "linux", "linux/arm64", "linux/arm64/v8"])
def test_an_image_for_the_platform_is_taken(wanted: str) -> None:
    check_platform(ARM, wanted, "busybox")


@pytest.mark.parametrize("wanted", ["windows", "linux/amd64", "linux/arm64/v9"])
def test_an_image_for_another_platform_is_not_here(wanted: str) -> None:
    with pytest.raises(NoSuchImage, match=f"image with reference busybox was found but .* wanted {wanted}, actual"):
        check_platform(ARM, wanted, "busybox")
