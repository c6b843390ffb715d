"""Archives as tests need them, also such as no tool would make."""

import io
import json
import tarfile

from tests.harness.cli import Cli

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "", **fields: object) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(content), 0o755
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def symlink(name: str, target: str) -> Member:
    return member(name, kind=tarfile.SYMTYPE, link=target)


def hardlink(name: str, target: str) -> Member:
    return member(name, kind=tarfile.LNKTYPE, link=target)


def archive(*members: Member, dialect: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dialect) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def saved(manifest: object, *members: Member) -> bytes:
    """An archive of ``save`` with this ``manifest.json``."""
    return archive(member("manifest.json", json.dumps(manifest).encode()), *members)


def files(cli: Cli, image: str) -> dict[str, tarfile.TarInfo]:
    """What is in an image, by name, as ``export`` tells it."""
    container = cli.line("create", image, "x")
    exported = cli.engine.socket.parent / f"{container}.tar"
    cli.engine.run("docker", "export", "-o", exported, container)
    cli("rm", container)
    with tarfile.open(exported) as tar:
        found = {info.name: info for info in tar}
    exported.unlink()
    return found
