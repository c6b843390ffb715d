"""The build engine."""

from wherry.build.service import Builds
from wherry.build.solver.bases import Bases
from wherry.build.solver.cache import Cache
from wherry.build.solver.cache_mounts import CacheMounts
from wherry.build.solver.context import Contexts
from wherry.build.solver.copying import Copier
from wherry.build.solver.downloads import Downloads
from wherry.build.solver.finishing import Finisher
from wherry.build.solver.kept_folders import KeptFolders
from wherry.build.solver.lending import Lending
from wherry.build.solver.mirroring import Mirroring
from wherry.build.solver.mounting import Mounting
from wherry.build.solver.repositories import Repositories
from wherry.build.solver.running import Runner
from wherry.build.solver.stages import Stages
from wherry.engine.containers import Containers
from wherry.engine.transfer import Transfer
from wherry.kernel.git import Git
from wherry.wiring.edges import Edges
from wherry.wiring.foundation import Foundation
from wherry.wiring.shared import Shared


def make_builds(
    edges: Edges, shared: Shared, foundation: Foundation, containers: Containers, transfer: Transfer
) -> Builds:
    store = edges.store
    kept = KeptFolders(records=store.records, folders=store.cache_folders, clock=edges.clock)
    mirroring = Mirroring(kept=kept, folders=store.cache_folders, mirrors=store.mirrors, host=edges.machine)
    cache = Cache(
        records=store.records,
        images=foundation.images,
        snapshots=store.snapshots,
        host=edges.machine,
        clock=edges.clock,
    )
    repositories = Repositories(files=store.builds, git=Git())
    stages = Stages(
        images=foundation.images,
        cache=cache,
        copier=Copier(
            files=store.builds,
            layering=foundation.layering,
            downloads=Downloads(files=store.builds, web=edges.web),
            repositories=repositories,
        ),
        runner=Runner(
            containers=containers, layering=foundation.layering, snapshots=store.snapshots, files=store.builds
        ),
        mounting=Mounting(
            files=store.builds,
            cache_mounts=CacheMounts(kept=kept, files=store.builds, folders=store.cache_folders),
            lending=Lending(edges.step_files),
        ),
        layering=foundation.layering,
        files=store.builds,
        clock=edges.clock,
    )
    return Builds(
        files=store.builds,
        contexts=Contexts(files=store.builds, web=edges.web, repositories=repositories, mirroring=mirroring),
        stages=stages,
        bases=Bases(images=foundation.images, transfer=transfer),
        cache=cache,
        kept_folders=kept,
        finisher=Finisher(
            images=foundation.images,
            layering=foundation.layering,
            files=store.builds,
            content=store.content,
            events=shared.events,
            clock=edges.clock,
        ),
        images=foundation.images,
        layering=foundation.layering,
        events=shared.events,
        operations=shared.operations,
        clock=edges.clock,
    )
