"""RUN: a command in a container of its own, whose changes become a layer."""

import codecs
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from wherry.build.plan.actions import RunCommand
from wherry.build.plan.request import BuildRequest
from wherry.build.solver.made import Made
from wherry.build.solver.mounting import Mounted
from wherry.build.solver.telling import Teller, in_red
from wherry.engine.concurrency.operations import undoable
from wherry.engine.containers import Containers
from wherry.engine.containers.output.streams import Attachment
from wherry.engine.images.layering import Layering
from wherry.engine.ports import BuildFiles, Snapshots
from wherry.errors import BuildFailed, CommandNotRun, NoSuchContainer, WherryError
from wherry.model.container import Container, ContainerSpec, HostSpec, LogConfig
from wherry.model.image import Image, Layer
from wherry.plan.naming import short_id


class Runner:
    """Containers of builds are removed when they end, unless their user wants them; those that failed stay."""

    def __init__(self, *, containers: Containers, layering: Layering, snapshots: Snapshots, files: BuildFiles) -> None:
        self._containers = containers
        self._layering = layering
        self._snapshots = snapshots
        self._files = files

    @asynccontextmanager
    async def layer(
        self, action: RunCommand, below: Made, request: BuildRequest, mounted: Mounted, teller: Teller
    ) -> AsyncIterator[Layer | None]:
        """The layer that the command makes, held while the block runs; None if it changed nothing. BuildFailed,
        CommandNotRun."""
        spec = _spec(action, below, request, mounted)
        async with self._container(spec, below, request, teller) as container:
            await self._make_volumes(container, below)
            try:
                code = await self._run(container, teller)
            except WherryError as error:
                raise CommandNotRun(" ".join(action.argv), str(error)) from error
            if code:
                raise BuildFailed(" ".join(action.argv), code)
            taking = self._taken if request.remove else self._copied
            async with taking(container, below, (*mounted.targets, *_volumes(below))) as layer:
                yield layer

    async def _make_volumes(self, container: Container, below: Made) -> None:
        """A volume of the image is a directory while the command runs, as it will be in containers."""
        for path in _volumes(below):
            upper, lowers = self._snapshots.tree(container.id), self._layering.trees(below.chain_id)
            await self._files.make_directory(path, upper, lowers)

    @asynccontextmanager
    async def _container(
        self, spec: ContainerSpec, below: Made, request: BuildRequest, teller: Teller
    ) -> AsyncIterator[Container]:
        image = Image(id=below.image_id, platform=below.platform, chain_id=below.chain_id)
        creation = self._containers.create_for_build(spec, image)
        async with undoable(creation, lambda created: self._dispose(created.container)) as created:
            container = created.container
            with self._containers.keeping(container.id):
                await teller.say(f" ---> Running in {short_id(container.id)}\n")
                try:
                    yield container
                except Exception:
                    await self._left(container, request, teller, remove=request.force_remove)
                    raise
                await self._left(container, request, teller, remove=request.remove)

    async def _left(self, container: Container, request: BuildRequest, teller: Teller, *, remove: bool) -> None:
        if remove:
            await self._dispose(container)
            await teller.say(f" ---> Removed intermediate container {short_id(container.id)}\n")
        else:
            await self._containers.leave_behind(container.id)

    async def _dispose(self, container: Container) -> None:
        """Unless it is gone, or stays for its user."""
        with suppress(NoSuchContainer):
            if self._containers.find(container.id).build:
                await self._containers.remove(container.id, force=True, volumes=True)

    async def _run(self, container: Container, teller: Teller) -> int:
        """The command's exit code, when all that it wrote is told."""
        ended = self._containers.wait(container.id, "next-exit")
        attachment = await self._containers.attach(
            container.id, stdin=False, stdout=True, stderr=True, stream=True, logs=False, detach_keys=""
        )
        try:
            await self._containers.start(container.id)
            await _pass_on(attachment, teller)
        finally:
            attachment.close()
        return (await ended).code

    @asynccontextmanager
    async def _taken(self, container: Container, below: Made, stubs: tuple[str, ...]) -> AsyncIterator[Layer | None]:
        """The very files that the container wrote, which has none any more, without ``stubs`` that were left empty."""
        taking = self._containers.take_changes(container.id)
        async with undoable(taking, self._snapshots.remove) as directory:
            tree = self._snapshots.tree(directory)
            await self._files.clear_stubs(tree, self._layering.trees(below.chain_id), stubs)
            applied = await self._files.identify(tree)
        async with self._layering.taken_in(directory, applied, below.chain_id) as layer:
            yield layer

    @asynccontextmanager
    async def _copied(self, container: Container, below: Made, stubs: tuple[str, ...]) -> AsyncIterator[Layer | None]:
        upper = self._snapshots.tree(container.id)
        await self._files.clear_stubs(upper, self._layering.trees(below.chain_id), stubs)
        async with self._layering.copied(upper, below.chain_id) as layer:
            yield layer


def _volumes(below: Made) -> tuple[str, ...]:
    return tuple(path for path in below.state.config.volumes if path.startswith("/"))


def _spec(action: RunCommand, below: Made, request: BuildRequest, mounted: Mounted) -> ContainerSpec:
    """Everything is said here: the image's own configuration is in ``action`` already."""
    return ContainerSpec(
        image=short_id(below.image_id),
        command=action.argv,
        env=(*action.env, *action.proxies),
        working_dir=action.working_dir,
        user=action.user,
        host=HostSpec(
            network=action.network or request.network,
            extra_hosts=request.extra_hosts,
            shm_size=request.shm_size,
            cgroup_parent=request.cgroup_parent,
            security_opt=request.security_opt,
            resources=request.resources,
            auto_remove=True,
            mounts=mounted.mounts,
            tmpfs=mounted.tmpfs,
            log=LogConfig(driver="none"),  # what it says is told by the build, and to nobody else
        ),
    )


async def _pass_on(attachment: Attachment, teller: Teller) -> None:
    """Output as it comes, errors in red; characters that come in pieces are put together."""
    decoders = {number: codecs.getincrementaldecoder("utf-8")("replace") for number in (1, 2)}
    while (piece := await attachment.read())[0]:
        number, data = piece
        text = decoders[number].decode(data)
        if text:
            await teller.output(text, text if number == 1 else in_red(text))
