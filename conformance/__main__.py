"""Start an engine and a registry in a network namespace, and let the suite at them. Needs root."""

import sys
import tempfile
from pathlib import Path

from tests.harness.engine import Engine
from tests.harness.registry import PORT, Registry

from . import images, suite

KEPT = Path(".conformance").absolute()


def main() -> int:
    KEPT.mkdir(exist_ok=True)
    suite.prepare(KEPT)
    archive = images.root_file_system(KEPT)
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder), "--registry-mirror", f"http://localhost:{PORT}")
        engine.start()
        try:
            with Registry(engine.host, Path(folder)) as registry:
                images.publish(engine, archive, registry)
                engine.run("docker", "pull", "python:latest")
                return suite.run(engine, KEPT, sys.argv[1:])
        finally:
            engine.close()


sys.exit(main())
