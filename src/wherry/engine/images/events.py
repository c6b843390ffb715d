"""What the feed of events is told about an image."""

from wherry.engine.events import Events
from wherry.model.image import Image


def tell(events: Events, image: Image, action: str, name: str = "") -> None:
    """The image's labels go with it, and a name: the ID where there is no better one."""
    events.publish("image", action, image.id, {**image.config.labels, "name": name or image.id})
