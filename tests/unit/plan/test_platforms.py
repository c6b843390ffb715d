import pytest

from wherry.errors import NoSuchImage, NoSuchManifest
from wherry.model.image import MANIFEST_OCI, Descriptor, Platform
from wherry.plan.images.platforms import best_match, check_platform

ARM = Platform(os="linux", architecture="arm64", variant="v8")


@pytest.mark.parametrize("wanted", ["", "linux", "linux/arm64", "linux/arm64/v8"])
def test_an_image_for_the_platform_is_taken(wanted: str) -> None:
    check_platform(ARM, wanted, "busybox")


@pytest.mark.parametrize("wanted", ["windows", "linux/amd64", "linux/arm64/v9"])
def test_an_image_for_another_platform_is_not_here(wanted: str) -> None:
    with pytest.raises(NoSuchImage, match=f"image with reference busybox was found but .* wanted {wanted}, actual"):
        check_platform(ARM, wanted, "busybox")


def entries_for(*platforms: str | None) -> list[Descriptor]:
    """Entries of an index: the n-th is for the n-th platform and n bytes long."""
    return [
        Descriptor(
            media_type=MANIFEST_OCI,
            digest=f"sha256:{size:064}",
            size=size,
            platform=platform_of(text) if text else None,
        )
        for size, text in enumerate(platforms)
    ]


def platform_of(text: str) -> Platform:
    os, architecture, variant, *_ = f"{text}//".split("/")
    return Platform(os=os, architecture=architecture, variant=variant)


@pytest.mark.parametrize(
    ("offered", "asked", "taken"),
    [
        (["linux/amd64", "linux/arm64"], "linux/arm64", 1),
        (["linux/arm64/v8"], "linux/arm64", 0),
        (["linux/arm64"], "linux/arm64/v8", 0),
        (["linux/arm64/v8", "linux/arm64/v9"], "linux/arm64/v9", 1),
        (["linux/arm64/v8"], "linux/arm64/v9", 0),
        (["linux/aarch64"], "linux/arm64", 0),
        (["linux/x86_64"], "linux/amd64", 0),
        (["linux/amd64"], "linux/amd64/v1", 0),
        (["linux/amd64", "linux/amd64/v3"], "linux/amd64/v3", 1),
        (["linux/amd64", "linux/amd64/v2"], "linux/amd64/v3", 1),
        (["linux/amd64/v3", "linux/amd64"], "linux/amd64", 1),
        (["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], "linux/arm", 2),
        (["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7", 1),
        (["linux/arm/v7", "linux/arm/v6"], "linux/arm/v6", 1),
        (["windows/amd64", "linux/amd64", "linux/amd64"], "linux/amd64", 1),
        ([None, "unknown/unknown", "linux/amd64"], "linux/amd64", 2),
    ],
)
def test_the_best_image_that_the_processor_runs_is_taken(offered: list[str | None], asked: str, taken: int) -> None:
    assert best_match(entries_for(*offered), platform_of(asked)).size == taken


@pytest.mark.parametrize(
    ("offered", "platform"),
    [
        ([], Platform(os="linux", architecture="amd64")),
        (["linux/amd64"], Platform(os="linux", architecture="arm64", variant="v8")),
        (["linux/amd64/v3"], Platform(os="linux", architecture="amd64")),
        (["unknown/unknown"], Platform(os="unknown", architecture="unknown")),
    ],
)
def test_no_fitting_image_is_told_as_docker_tells_it(offered: list[str | None], platform: Platform) -> None:
    with pytest.raises(NoSuchManifest) as caught:
        best_match(entries_for(*offered), platform)
    assert str(caught.value) == f"no matching manifest for {platform} in the manifest list entries"
