"""A docker-registry on an engine's loopback."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from .contestants import TIMEOUT, Engine

START_TIMEOUT = 15
POLL_INTERVAL = 0.05
CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).close()"


class Registry:
    """A registry over ``storage``, which several may share; as a context it runs."""

    def __init__(self, storage: Path, engine: Engine, port: int) -> None:
        self._storage = storage
        self._engine = engine
        self._port = port

    def __enter__(self) -> "Registry":
        self._storage.mkdir(exist_ok=True)
        config = self._storage.with_name(f"registry-{self._port}.yml")
        config.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {self._storage}}}}}\n"
            f"http: {{addr: '127.0.0.1:{self._port}', net: tcp}}\n"
        )
        argv = self._engine.inside(["docker-registry", "serve", config])
        self._process = subprocess.Popen(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise OSError("docker-registry did not start")
            time.sleep(POLL_INTERVAL)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def push(self, archive: Path, image: str) -> None:
        """Put a docker archive into the registry as ``image``."""
        argv = ["skopeo", "copy", "--quiet", "--insecure-policy", "--dest-tls-verify=false"]
        argv += [f"docker-archive:{archive}", f"docker://{self.reference(image)}"]
        subprocess.run(self._engine.inside(argv), check=True, capture_output=True, timeout=TIMEOUT)

    def empty(self) -> None:
        """Forget all that was pushed."""
        for entry in self._storage.iterdir():
            shutil.rmtree(entry)

    def reference(self, image: str) -> str:
        """What to pull to get ``image``."""
        return f"127.0.0.1:{self._port}/{image}"

    def _listens(self) -> bool:
        argv = self._engine.inside([sys.executable, "-ISc", CONNECT, str(self._port)])
        return subprocess.run(argv, check=False, stderr=subprocess.DEVNULL).returncode == 0
