"""What is told of a blob on its way, in Docker's words."""

from wherry.engine.concurrency.progress import Report, retrying
from wherry.model.image import Descriptor
from wherry.model.progress import Progress
from wherry.plan.naming import short_id


class Told:
    def __init__(self, descriptor: Descriptor, report: Report, name: str = "") -> None:
        """``name``: what it is told as; "" for what its digest begins with."""
        self._name = name or short_id(descriptor.digest)
        self._size = descriptor.size
        self.report = report

    def status(self, status: str) -> None:
        self.report(Progress(id=self._name, status=status))

    def progress(self, status: str, current: int) -> None:
        self.report(Progress(id=self._name, status=status, current=current, total=self._size))

    def pausing(self, seconds: float) -> None:
        self.status(retrying(seconds))

    def extracting(self) -> None:
        """The process that unpacks does not tell how far it is."""
        self.progress("Extracting", self._size)
