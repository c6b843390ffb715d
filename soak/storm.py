"""A storm: clients that type without a pause, and a daemon that is killed under them at random moments."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random

from docker import APIClient
from tests.harness.engine import Engine
from tests.harness.leftovers import assert_nothing_left, assert_soon, processes, traces
from tests.harness.usable import assert_usable

from soak.ebb import remove_all, remove_some
from soak.materials import Materials
from soak.operations import CLIENTS, words

_LONGEST = 4  # seconds from the beginning of a storm to the kill
_START = 0.5  # seconds in which a start may be cut off, too
_CALM = 20  # after so many kills everything is removed, and nothing may be left


@dataclass(frozen=True)
class Storm:
    """Over one engine, which has the image ``busybox`` and nothing else."""

    engine: Engine
    materials: Materials
    seed: int
    say: Callable[[str], None] = print

    def rage(self, kills: int) -> None:
        """Kill the daemon ``kills`` times; only ``busybox`` is left at the end. AssertionError for what is wrong."""
        chance = Random(self.seed)
        before = traces(self.engine)
        for number in range(1, kills + 1):
            with self._clients(f"{self.seed} {number}"):
                self._strike(chance)
            self._restart(chance)
            assert_usable(self.engine)
            with APIClient(self.engine.url) as api:
                remove_some(api, chance)
                if number % _CALM == 0 or number == kills:
                    remove_all(api)
                    assert_nothing_left(self.engine)
                    assert_soon(lambda: traces(self.engine), before)
                    self.say(f"{number} kills: all that was listed worked, nothing is left")

    def _strike(self, chance: Random) -> None:
        """Wait for the moment of the kill. Once in three times a monitor or a runtime dies before the daemon does."""
        time.sleep(chance.uniform(0, _LONGEST))
        if chance.random() < 1 / 3 and (pids := sorted(processes(self.engine))):
            with suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)
            time.sleep(chance.uniform(0, 0.2))
        self.engine.kill()

    def _restart(self, chance: Random) -> None:
        """Once in four times the next daemon dies while it starts."""
        if chance.random() < 1 / 4:
            self.engine.launch()
            time.sleep(chance.uniform(0, _START))
            self.engine.kill()
        self.engine.start()

    @contextmanager
    def _clients(self, seed: str) -> Iterator[None]:
        """Clients that type until the block ends. They may be refused: the daemon dies under them."""
        told_to_end = threading.Event()

        def client(program: str, operations: tuple[str, ...], chance: Random) -> None:
            while not told_to_end.is_set():
                self.engine.run(program, *words(operations, chance, self.materials), check=False)

        with ThreadPoolExecutor(len(CLIENTS)) as pool:
            typing = [
                pool.submit(client, program, operations, Random(f"{seed} {number}"))
                for number, (program, operations) in enumerate(CLIENTS)
            ]
            try:
                yield
            finally:
                told_to_end.set()
        for client_ended in typing:
            client_ended.result()
