"""The default AppArmor profile, read by the real parser. Loading it needs a kernel that has AppArmor."""

import importlib.resources
import shutil

import pytest

from wherry.errors import NotSupported
from wherry.kernel import apparmor

pytestmark = pytest.mark.skipif(shutil.which("apparmor_parser") is None, reason="needs apparmor_parser")

WITHOUT_KERNEL = "--skip-kernel-load"


async def test_the_default_profile_can_be_read() -> None:
    profile = importlib.resources.files("wherry.plan").joinpath("data/apparmor.profile").read_bytes()

    await apparmor.load(profile, WITHOUT_KERNEL)


async def test_the_parsers_reason_is_told() -> None:
    with pytest.raises(NotSupported, match="syntax error"):
        await apparmor.load(b"profile x { bogus }", WITHOUT_KERNEL)


@pytest.mark.v2
@pytest.mark.skipif(not apparmor.available(), reason="needs a kernel with AppArmor")
async def test_the_default_profile_can_be_loaded() -> None:
    profile = importlib.resources.files("wherry.plan").joinpath("data/apparmor.profile").read_bytes()

    await apparmor.load(profile)
