"""A container's control group on the host."""

from posixpath import normpath

from wherry.model.container import Container


def cgroup_of(container: Container) -> str:
    """The container's control group, below every hierarchy's root."""
    parent = container.spec.host.cgroup_parent or "/wherry"
    return normpath(f"/{parent.strip('/')}/{container.id}")  # no way out by "..", as with runc
