"""Events of containers, with the attributes that Docker gives them."""

from wherry.engine.events import Events
from wherry.model.container import Container


def tell(events: Events, container: Container, action: str, **attributes: str) -> None:
    """Publish ``action`` of a container: image, name, its labels, and what else there is to say."""
    known = {"image": container.spec.image, "name": container.name}
    events.publish("container", action, container.id, {**container.spec.labels, **known, **attributes})
