"""What a build was asked for: the query of ``POST /build`` in our terms."""

from msgspec import Struct

from wherry.model.container import SHM_SIZE
from wherry.model.image import Platform
from wherry.model.resources import Resources


class BuildRequest(Struct, frozen=True, kw_only=True):
    """``build_args`` have None where the client named one without a value. ``host_platform`` is the builder's own,
    ``platform`` the one that was asked for; ``network`` is as `HostSpec.network`; ``shm_size`` is in bytes.
    ``no_cache_stages`` are names of stages that are built anew, where ``no_cache`` means all. ``may_be_empty``: of
    ``FROM scratch`` alone an image is made, too.

    ``contexts`` are names for FROM and ``--from``, each with where it leads: ``docker-image://`` an image, ``local:`` a
    directory that the client offers, else the URL of a repository or an archive.
    """

    host_platform: Platform
    platform: Platform | None = None
    dockerfile: str = "Dockerfile"
    target: str = ""
    build_args: dict[str, str | None] = {}
    labels: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    no_cache: bool = False
    contexts: dict[str, str] = {}
    no_cache_stages: tuple[str, ...] = ()
    pull: bool = False
    squash: bool = False
    remove: bool = True
    force_remove: bool = False
    quiet: bool = False
    may_be_empty: bool = False
    network: str = "default"
    extra_hosts: tuple[str, ...] = ()
    shm_size: int = SHM_SIZE
    cgroup_parent: str = ""
    security_opt: tuple[str, ...] = ()
    resources: Resources = Resources()

    def ignores_cache(self, stage: str) -> bool:
        """Whether the stage of this name, "" for none, is built anew."""
        return self.no_cache or stage.lower() in self.no_cache_stages
