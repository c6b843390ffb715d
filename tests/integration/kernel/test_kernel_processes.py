"""Child processes and identities, on both event loops."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from wherry.kernel import identity, processes, sealed, syscalls

ENV = {"PATH": os.environ["PATH"]}
SLEEP = ("sleep", "60")

Runner = Callable[[Awaitable[object]], object]


@pytest.fixture(params=["asyncio", "uvloop"])
def loop_run(request: pytest.FixtureRequest) -> Runner:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run(what: Awaitable[object]) -> object:
        async def bounded() -> object:
            return await asyncio.wait_for(what, 30)

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(bounded())

    return run


def gone(pid: int) -> bool:
    return not os.path.exists(f"/proc/{pid}")


def test_exit_codes_and_signals_are_told(loop_run: Runner) -> None:
    async def main() -> None:
        child = processes.spawn(("sh", "-c", "exit 7"), env=ENV)
        assert await child.wait() == 7
        assert gone(child.pid)
        killed = processes.spawn(SLEEP, env=ENV)
        assert killed.send_signal(signal.SIGTERM)
        assert await killed.wait() == -signal.SIGTERM
        assert not killed.send_signal(signal.SIGTERM)

    loop_run(main())


def test_a_child_is_reaped_though_nobody_waits(loop_run: Runner) -> None:
    async def main() -> None:
        child = processes.spawn(("true",), env=ENV)
        await identity.exited(identity.identify(child.pid))
        for _turn in range(3):
            await asyncio.sleep(0)
        assert gone(child.pid)

    loop_run(main())


def test_giving_up_waiting_harms_neither_child_nor_other_waiters(loop_run: Runner) -> None:
    async def main() -> None:
        child = processes.spawn(SLEEP, env=ENV)
        other = asyncio.ensure_future(child.wait())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(child.wait(), 0.01)
        assert child.send_signal(signal.SIGKILL)
        assert await other == -signal.SIGKILL
        assert await child.wait() == -signal.SIGKILL

    loop_run(main())


def test_a_child_has_exactly_the_descriptors_it_is_given(loop_run: Runner, tmp_path: Path) -> None:
    """But for those that this process itself was started with, which are not close-on-exec."""
    inherited = {name for name in os.listdir("/proc/self/fd") if inheritable(int(name))}

    async def main() -> None:
        out = os.open(tmp_path / "out", os.O_CREAT | os.O_WRONLY)
        extra = os.open("/etc/hostname", os.O_RDONLY)
        child = processes.spawn(("ls", "-l", "/proc/self/fd"), env=ENV, fds={1: out, 5: extra})
        assert await child.wait() == 0
        os.close(out)
        os.close(extra)

    loop_run(main())
    lines = (tmp_path / "out").read_text().splitlines()
    links = (line.partition(" -> ") for line in lines if " -> " in line)
    found = {name.split()[-1]: target for name, _, target in links}
    targets = {name: target for name, target in found.items() if not target.startswith("/proc/")}  # ls reads that one
    given = {"0": "/dev/null", "1": str(tmp_path / "out"), "2": "/dev/null", "5": "/etc/hostname"}
    assert {name: target for name, target in targets.items() if name in given or name not in inherited} == given


def inheritable(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:  # the one that listed the directory
        return False


def test_descriptors_may_change_places(loop_run: Runner, tmp_path: Path) -> None:
    """Sources that are themselves target numbers, among them one that stays where it is."""

    async def main() -> None:
        names = ("a", "b", "c")
        fds = [os.open(tmp_path / name, os.O_CREAT | os.O_WRONLY) for name in names]
        a, b, c = fds
        script = f"echo to-b >&{a}; echo to-a >&{b}; echo to-c >&{c}"
        child = processes.spawn(("bash", "-c", script), env=ENV, fds={a: b, b: a, c: c})
        assert await child.wait() == 0
        for fd in fds:
            os.close(fd)

    loop_run(main())
    assert [(tmp_path / name).read_text() for name in ("a", "b", "c")] == ["to-a\n", "to-b\n", "to-c\n"]


def test_signals_that_python_ignores_work_in_children(loop_run: Runner) -> None:
    done = loop_run(processes.run(("sh", "-c", "yes | head -1; grep SigIgn /proc/self/status"), env=ENV))
    assert isinstance(done, processes.Completed)
    line, ignored = done.stdout.decode().split("\nSigIgn:\t")
    assert line == "y"
    # glibc 2.36 leaves its internal signals, 32 and 33, ignored in what it spawns.
    assert not int(ignored, 16) & ((1 << signal.SIGPIPE - 1) | (1 << signal.SIGXFSZ - 1))


def test_what_cannot_be_executed_is_named(loop_run: Runner, tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(FileNotFoundError, match="execute /no/such"):
            processes.spawn(("/no/such",), env=ENV)
        (tmp_path / "plain").write_text("")
        with pytest.raises(PermissionError, match="plain"):
            processes.spawn(("x",), executable=str(tmp_path / "plain"), env=ENV)

    loop_run(main())


def test_run_gives_code_and_both_outputs_and_takes_input_of_any_size(loop_run: Runner) -> None:
    text = os.urandom(300_000)
    done = loop_run(processes.run(("sh", "-c", "cat; echo oops >&2; exit 3"), env=ENV, stdin=text))
    assert done == processes.Completed(code=3, stdout=text, stderr=b"oops\n")


def test_run_keeps_a_bounded_part_of_the_output(loop_run: Runner) -> None:
    done = loop_run(processes.run(("sh", "-c", "yes | head -c 1000000"), env=ENV, limit=1000))
    assert done == processes.Completed(code=0, stdout=b"y\n" * 500, stderr=b"", truncated=True)


def test_run_ends_with_the_program_not_with_what_it_left_behind(loop_run: Runner) -> None:
    began = time.monotonic()
    done = loop_run(processes.run(("sh", "-c", "sleep 60 & echo $!"), env=ENV))
    assert isinstance(done, processes.Completed)
    os.kill(int(done.stdout), signal.SIGKILL)
    assert time.monotonic() - began < 30


def test_cancelling_run_kills_and_reaps(loop_run: Runner, tmp_path: Path) -> None:
    async def main() -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        running = asyncio.ensure_future(processes.run(("sh", "-c", f"echo $$ > {fifo}; exec sleep 60"), env=ENV))
        pid = int(await asyncio.to_thread(fifo.read_text))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert gone(pid)

    loop_run(main())


def test_no_descriptor_is_left_open(loop_run: Runner) -> None:
    async def main() -> None:
        await processes.run(("true",), env=ENV)
        before = os.listdir("/proc/self/fd")
        await processes.run(("true",), env=ENV, stdin=b"x")
        with pytest.raises(FileNotFoundError):
            await processes.run(("/no/such",), env=ENV)
        process = identity.identify(os.getpid())
        assert identity.alive(process)
        await asyncio.sleep(0)
        assert os.listdir("/proc/self/fd") == before

    loop_run(main())


def test_an_identity_tells_this_process_from_others() -> None:
    me = identity.identify(os.getpid())
    assert identity.alive(me)
    later = type(me)(pid=me.pid, start_time=me.start_time + 1, boot_id=me.boot_id)
    earlier_boot = type(me)(pid=me.pid, start_time=me.start_time, boot_id="0")
    assert not identity.alive(later)
    assert not identity.alive(earlier_boot)
    assert not identity.send_signal(later, signal.SIGKILL)
    assert not identity.send_signal(earlier_boot, signal.SIGKILL)


def test_a_zombie_counts_as_gone() -> None:
    pid = os.posix_spawn("/bin/sleep", SLEEP, ENV)
    process = identity.identify(pid)
    assert identity.alive(process)
    assert identity.send_signal(process, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not identity.alive(process)
    os.waitpid(pid, 0)
    assert not identity.alive(process)
    assert not identity.send_signal(process, signal.SIGKILL)
    with pytest.raises(ProcessLookupError, match=str(pid)):
        identity.identify(pid)


def test_a_command_name_with_parentheses_and_spaces(tmp_path: Path) -> None:
    odd = tmp_path / "a) S 1 (b"
    odd.symlink_to("/bin/sleep")
    pid = os.posix_spawn(odd, SLEEP, ENV)
    try:
        deadline = time.monotonic() + 30
        while "a) S" not in Path(f"/proc/{pid}/comm").read_text():
            assert time.monotonic() < deadline
        assert identity.identify(pid).start_time > 1000
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_the_end_of_a_process_that_is_no_child_of_ours(loop_run: Runner) -> None:
    async def main() -> None:
        done = await processes.run(("sh", "-c", "sleep 60 & echo $!"), env=ENV)
        process = identity.identify(int(done.stdout))
        waiting = asyncio.ensure_future(identity.exited(process))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert identity.send_signal(process, signal.SIGKILL)
        await waiting
        assert not identity.alive(process)
        await identity.exited(process)

    loop_run(main())


def test_a_sealed_copy_runs_and_cannot_be_written(loop_run: Runner) -> None:
    copy = sealed.seal("/bin/echo")
    try:
        done = loop_run(processes.run(("echo", "hello"), executable=copy.path, env=ENV))
        assert isinstance(done, processes.Completed)
        assert done.stdout == b"hello\n"
        with pytest.raises(PermissionError):
            writable = os.open(copy.path, os.O_WRONLY)
            os.write(writable, b"evil")
        assert os.stat(copy.path).st_size == os.stat("/bin/echo").st_size
    finally:
        copy.close()


def test_system_call_errors_name_the_object() -> None:
    with pytest.raises(OSError, match="unmount /no/such: No such file or directory"):
        syscalls.umount2("/no/such")
