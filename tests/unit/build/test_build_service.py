"""Builds on fakes: what is done, in which order, and what is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from tests.fakes.building import Ground, Site
from tests.harness.buildkit import Sender, Session

from wherry.buildkit.offers.offering import SessionClient
from wherry.buildkit.session import Metadata
from wherry.errors import BuildFailed, InvalidArgument, NoSuchManifest
from wherry.model.build import BuildNews, OutputNews, StepNews, StepState
from wherry.model.image import Image
from wherry.model.progress import Progress


def told(news: list[BuildNews]) -> str:
    return "".join(item.stream for item in news if isinstance(item, Progress))


def states(news: list[BuildNews]) -> list[tuple[int, StepState]]:
    return [(item.index, item.state) for item in news if isinstance(item, StepNews)]


async def image_of(site: Site, dockerfile: str) -> Image:
    await site.build(dockerfile, tags=("app",))
    return site.world.images.find("app")


async def test_layers_and_history() -> None:
    site = await Site.open()
    image = await image_of(site, "FROM busybox\nENV A=b\nCOPY x /x\nWORKDIR /w\nRUN go\nCMD go\n")
    base = site.world.images.find("busybox")
    assert image.parent == base.id
    assert image.diff_ids[: len(base.diff_ids)] == base.diff_ids
    assert [step.empty_layer for step in image.history[len(base.history) :]] == [True, False, False, False, True]
    assert image.config.command == ("/bin/sh", "-c", "go")


async def test_a_build_again_makes_the_same_image() -> None:
    site = await Site.open()
    first = await image_of(site, "FROM busybox\nENV A=b\nRUN go\n")
    second = await image_of(site, "FROM busybox\nENV A=b\nRUN go\n")
    assert first.id == second.id


async def test_steps_are_told_as_they_happen() -> None:
    site = await Site.open()
    await site.build("FROM busybox\nENV A=b\n")
    news = await site.build("FROM busybox\nENV A=b\nCOPY x /\n", live=True)
    assert states(news) == [
        (1, StepState.STARTED),
        (1, StepState.DONE),
        (2, StepState.STARTED),
        (2, StepState.CACHED),
        (3, StepState.STARTED),
        (3, StepState.DONE),
    ]
    (last,) = [item for item in news if isinstance(item, StepNews)][-1:]
    assert (last.text, last.stage, last.total, last.lines) == ("COPY x /", "0", 3, (3, 3))
    assert last.seconds is not None
    assert not any(isinstance(item, OutputNews) for item in news)


async def test_a_stage_alone_is_built_for_its_target() -> None:
    site = await Site.open()
    await site.build("FROM busybox AS a\nCOPY x /\nFROM busybox AS b\nCOPY missing /\n", target="a", tags=("app",))
    with pytest.raises(InvalidArgument, match="stat missing: file does not exist"):
        await site.build("FROM busybox AS a\nCOPY x /\nFROM busybox AS b\nCOPY missing /\n")


async def test_the_first_failure_ends_other_stages() -> None:
    ground = Ground()
    ground.runtime.endless = True
    site = await Site.open(ground)
    with pytest.raises(InvalidArgument):
        async with asyncio.timeout(5):
            await site.build(
                "FROM busybox AS a\nRUN forever\nFROM busybox AS b\nCOPY missing /\nFROM a\nCOPY --from=b x /\n"
            )
    assert site.world.containers.all() == ()


class Hesitant(Session):
    """Has one file, and tells of it when it is ``asked`` to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def stream(self, path: str, metadata: Metadata) -> AsyncIterator[Sender]:
        if metadata.get("followpaths") == ("file",):
            await self.asked.wait()
        async with super().stream(path, metadata) as sender:
            yield sender


async def test_steps_that_need_no_files_do_not_wait_for_them(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN go\nCOPY file /\n")
    (tmp_path / "file").write_text("content")
    site, session = await Site.open(), Hesitant(tmp_path)
    async with asyncio.timeout(5), aclosing(site.build_offered(SessionClient(session))) as news:
        async for item in news:
            if isinstance(item, StepNews) and item.state == StepState.DONE and item.index == 2:
                session.asked.set()
            elif isinstance(item, StepNews) and item.index == 3:
                assert session.asked.is_set(), "the step began before its files were there"
    assert session.asked.is_set()


async def test_a_failed_command_keeps_its_container_unless_told_otherwise() -> None:
    ground = Ground()
    ground.runtime.code = 3
    site = await Site.open(ground)
    with pytest.raises(BuildFailed, match="The command '/bin/sh -c go' returned a non-zero code: 3"):
        await site.build("FROM busybox\nRUN go\n")
    (left,) = site.world.containers.all()
    assert (left.build, left.spec.host.auto_remove, left.state.exit_code) == (False, False, 3)
    with pytest.raises(BuildFailed):
        await site.build("FROM busybox\nRUN go\n", force_remove=True)
    assert len(site.world.containers.all()) == 1


async def test_containers_of_a_build_get_what_it_says() -> None:
    ground = Ground()
    ground.runtime.code = 1
    site = await Site.open(ground)
    with pytest.raises(BuildFailed):
        await site.build(
            "FROM busybox\nARG V=1\nENV A=b\nUSER 5\nWORKDIR /w\nVOLUME /v\nHEALTHCHECK CMD x\nENTRYPOINT no\nRUN go\n",
            network="none",
            extra_hosts=("a:1.2.3.4",),
            shm_size=1000,
        )
    (left,) = site.world.containers.all()
    spec = left.spec
    assert (spec.argv, spec.user, spec.working_dir) == (("/bin/sh", "-c", "go"), "5", "/w")
    assert {"A=b", "V=1"} < {*spec.env}
    assert (spec.host.network, spec.host.extra_hosts, spec.host.shm_size) == ("none", ("a:1.2.3.4",), 1000)
    assert (left.mounts, spec.healthcheck) == ((), None)


async def test_an_image_that_is_nowhere() -> None:
    site = await Site.open()
    with pytest.raises(NoSuchManifest):
        await site.build("FROM nowhere.example/x\n")


async def test_unused_arguments_are_told() -> None:
    site = await Site.open()
    news = await site.build("FROM busybox\nARG A\n", build_args={"A": "1", "B": "2", "C": None})
    assert "[Warning] One or more build-args [B C] were not consumed\n" in told(news)


async def test_two_who_build_the_same_get_the_same() -> None:
    site = await Site.open()
    dockerfile = "FROM busybox\nRUN go\nCOPY x /\n"
    both = await asyncio.gather(*(site.build(dockerfile) for _ in range(2)))
    assert len({told(news).splitlines()[-1] for news in both}) == 1


async def test_a_stage_that_has_much_to_tell_keeps_no_other_from_the_same_step() -> None:
    ground = Ground()
    ground.runtime.says = (b"x" * 100_000,) * 10
    site = await Site.open(ground)
    stages = "FROM busybox AS a\nCOPY x /\nRUN go\nFROM busybox AS b\nCOPY x /\nRUN go\n"
    async with asyncio.timeout(5):
        news = await site.build(f"{stages}FROM a\nCOPY --from=b x /\n")
    assert "Successfully built" in told(news)


async def test_a_stage_that_has_much_to_tell_lets_go_of_what_others_wait_for() -> None:
    ground = Ground()
    ground.runtime.says = (b"x" * 100_000,) * 10
    site = await Site.open(ground)
    run = "RUN --mount=type=cache,target=/c,sharing=locked go\n"
    stages = f"FROM busybox AS a\nRUN first\n{run}FROM busybox AS b\n{run}"
    async with asyncio.timeout(5):
        news = await site.build(f"{stages}FROM a\nCOPY --from=b x /\n")
    assert "Successfully built" in told(news)


async def test_directories_are_locked_by_all_in_the_same_order() -> None:
    site = await Site.open()
    one, two = (f"--mount=type=cache,target=/{name},id={name},sharing=locked" for name in "ab")
    again = "--mount=type=cache,target=/c,id=a,sharing=locked"
    stages = f"FROM busybox AS a\nRUN {one} {two} go\nFROM busybox AS b\nRUN {two} {one} {again} go\n"
    async with asyncio.timeout(5):
        news = await site.build(f"{stages}FROM a\nCOPY --from=b x /\n")
    assert "Successfully built" in told(news)


async def test_what_a_step_done_anew_displaces_goes_with_its_last_build() -> None:
    site = await Site.open()
    runtime = site.ground.runtime
    first = asyncio.ensure_future(site.build('FROM busybox\nRUN go\nRUN ["wait"]\n', force_remove=True))
    await runtime.waits.wait()
    await site.build("FROM busybox\nRUN go\n", no_cache=True)
    runtime.code = 1
    runtime.gate.set()
    with pytest.raises(BuildFailed):
        await first

    needed = {layer.chain_id for image in site.world.images.all() for layer in site.world.images.layers(image)}
    assert {layer.chain_id for layer in site.ground.outside.records.layers.all()} == needed


async def test_squashed() -> None:
    site = await Site.open()
    await site.build("FROM busybox\nCOPY x /\nCOPY y /\nENV A=b\n", squash=True, tags=("app",))
    image, base = site.world.images.find("app"), site.world.images.find("busybox")
    assert len(image.diff_ids) == len(base.diff_ids) + 1
    own = image.history[len(base.history) :]
    assert [step.empty_layer for step in own] == [True, True, True, False]
    assert own[-1].comment.startswith("merge sha256:")
    assert "A=b" in image.config.env
