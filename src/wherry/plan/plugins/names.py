"""What managed plugins are called: as images are, always with a tag and never by a digest."""

from wherry.errors import InternalError, InvalidReference
from wherry.model.reference import Reference


def full_name(name: str) -> str:
    """Of a plugin that is made here. InvalidReference, InternalError."""
    try:
        reference = Reference.parse(name)
    except InvalidReference as error:
        raise InvalidReference(f"failed to parse reference {name}: {error}") from None
    if reference.digest:
        raise InternalError("canonical references are not permitted")
    return reference.with_default_tag().familiar


def local_name(remote: str, name: str) -> str:
    """What a plugin from a registry is called here: ``name``, or as it is there. InvalidReference, InternalError."""
    if not name:
        reference = Reference.parse(remote)
        return Reference(domain=reference.domain, path=reference.path, tag=reference.tag).with_default_tag().familiar
    reference = Reference.parse(name)
    if reference.digest:
        raise InternalError("cannot use digest in plugin tag")
    return reference.with_default_tag().familiar
