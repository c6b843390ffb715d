"""config.json: what an OCI runtime is told to make (OCI runtime spec, config.md and config-linux.md)."""

from typing import Any

from wherry.model.container import Container
from wherry.model.exec import ExecSpec
from wherry.model.host import HostFacts
from wherry.plan.spec_request import SpecRequest
from wherry.plan.users import Identity

__all__ = ["SpecRequest", "build", "encode", "exec_process"]


def build(request: SpecRequest) -> dict[str, Any]:
    """The runtime spec without its seccomp section, which comes encoded (``encode``)."""
    raise NotImplementedError


def encode(spec: dict[str, Any], seccomp: bytes = b"") -> bytes:
    """The spec as JSON, with ``seccomp`` (what ``seccomp.resolve`` gave; b"" for none) as its seccomp section."""
    raise NotImplementedError


def exec_process(container: Container, exec_spec: ExecSpec, identity: Identity, facts: HostFacts) -> dict[str, Any]:
    """The OCI process object of a command that joins a running container."""
    raise NotImplementedError
