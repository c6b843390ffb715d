"""What the removal of an image's name or of an image by its ID means, and what stands in its way.

The rules and texts are Docker's (moby, daemon/images/image_delete.go): removing a name removes the image with its last
one; removing by ID removes the names too, unless there are names in several repositories.
"""

from msgspec import Struct

from wherry.errors import Conflict
from wherry.model.container import Container
from wherry.model.image import Image
from wherry.model.reference import Reference
from wherry.plan.naming import short_id


class Standing(Struct, frozen=True, kw_only=True):
    """An image among others: its names, the containers made from it, whether images are built on it."""

    image: Image
    names: tuple[Reference, ...] = ()
    containers: tuple[Container, ...] = ()
    has_children: bool = False


class Decision(Struct, frozen=True, kw_only=True):
    """The names to take away, and whether the image goes with them."""

    untag: tuple[Reference, ...]
    delete: bool


def by_name(standing: Standing, asked: str, name: Reference, force: bool) -> Decision:
    """``asked`` is the name as it was written. Conflict if it is the last one and a container has the image."""
    if not force and standing.containers and is_single(standing.names):
        raise Conflict(
            f'conflict: unable to remove repository reference "{asked}" (must force) - container '
            f"{short_id(standing.containers[0].id)} is using its referenced image {short_id(standing.image.id)}"
        )
    others = tuple(other for other in standing.names if other != name)
    untag = (name, *_digests_left_alone(name, others))
    remaining = tuple(other for other in others if other not in untag)
    return Decision(untag=untag, delete=not remaining and not _hindrance(standing, (), force))


def by_id(standing: Standing, force: bool) -> Decision:
    """Conflict for names in several repositories, for containers that have the image, for images built on it."""
    names = () if is_single(standing.names) else standing.names
    if hindrance := _hindrance(standing, names, force):
        raise Conflict(f"conflict: unable to delete {short_id(standing.image.id)} {hindrance}")
    return Decision(untag=standing.names, delete=True)


def is_forgotten(standing: Standing) -> bool:
    """Whether nothing and nobody needs an image that has just lost the last image that was built on it."""
    return not _hindrance(standing, standing.names, force=False)


def is_single(names: tuple[Reference, ...]) -> bool:
    """Whether all names are of one repository, with one tag at most. Not so if there is none."""
    tagged = [name for name in names if not name.digest]
    return len({name.name for name in names}) == 1 and len(tagged) <= 1


def _digests_left_alone(name: Reference, others: tuple[Reference, ...]) -> tuple[Reference, ...]:
    """Digest references of a repository go with its last tag."""
    if name.digest or any(other.name == name.name and not other.digest for other in others):
        return ()
    return tuple(other for other in others if other.name == name.name)


def _hindrance(standing: Standing, names: tuple[Reference, ...], force: bool) -> str:
    """Why an image cannot go, "" if it can; ``names`` are those that count."""
    running = [container for container in standing.containers if container.state.alive]
    stopped = [container for container in standing.containers if not container.state.alive]
    if standing.has_children:
        return "(cannot be forced) - image has dependent child images"
    if running:
        return f"(cannot be forced) - image is being used by running container {short_id(running[0].id)}"
    if names and not force:
        return "(must be forced) - image is referenced in multiple repositories"
    if stopped and not force:
        return f"(must be forced) - image is being used by stopped container {short_id(stopped[0].id)}"
    return ""
