import shutil
from collections.abc import Iterator

import pytest
from tests.integration.registry.distribution import REGISTRY, Running


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``host:port`` of a docker-registry that skopeo can put images into."""
    if REGISTRY is None or shutil.which("skopeo") is None:
        pytest.skip("docker-registry or skopeo is not installed")
    with Running(tmp_path_factory.mktemp("storage"), tmp_path_factory.mktemp("registry")) as host:
        yield host
