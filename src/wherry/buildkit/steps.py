"""News of a build as vertices: what BuildKit shows of a Dockerfile's steps."""

from typing import Final

from wherry.buildkit.progress import Activity, Part
from wherry.buildkit.progress import Progress as Status
from wherry.model.build import BuildNews, DockerfileNews, OutputNews, StepNews, StepState
from wherry.model.progress import Progress

_FROM: Final = "] FROM "
_DOWNLOADING, _EXTRACTING = "Downloading", "Extracting"
_CANCELLED: Final = "context canceled"


class Steps:
    """``dockerfile`` is its text, ``failed`` the step that failed, ``image_id`` the last image that was told of: at the
    end that is the one that was built."""

    def __init__(self, status: Status) -> None:
        self.dockerfile = ""
        self.failed: StepNews | None = None
        self.image_id = ""
        self._status = status
        self._loading: Activity | None = None
        self._activities: dict[tuple[int, str], Activity] = {}
        self._bases: dict[str, _Base] = {}

    def load(self, what: str) -> None:
        """Before the first news the build loads its context."""
        self._loading = self._status.vertex(f"[internal] load {what}")
        self._loading.begin()

    def take(self, news: BuildNews) -> None:
        self._loaded()
        match news:
            case DockerfileNews():
                self.dockerfile = news.text
                for warning in news.warnings:
                    self._status.warn(warning)
            case StepNews(title=title) if title:
                self._step(news)
            case OutputNews():
                self._log(news)
            case Progress(aux={"ID": image_id}):
                self.image_id = str(image_id)
            case Progress(id=layer) if layer:
                self._pulling(news)

    def fail(self, text: str) -> None:
        """The step that failed did so because of that; what else is under way ends with it."""
        self._loaded(error=text)
        for key, activity in self._activities.items():
            if self.failed is not None and key == _key(self.failed):
                activity.end(error=text)
        for base in self._bases.values():
            base.fail(text if self.failed is not None and base.step == self.failed.index else _CANCELLED)
        for activity in self._activities.values():
            if not activity.has_ended:
                activity.end(error=_CANCELLED)

    def _loaded(self, *, error: str = "") -> None:
        if self._loading is not None and not self._loading.has_ended:
            self._loading.end(error=error)

    def _step(self, news: StepNews) -> None:
        if news.state == StepState.FAILED:
            self.failed = news
        elif news.lines is not None and (reference := base_of(news)):
            self._from(news, reference)
        elif news.state == StepState.STARTED:
            activity = self._activities[_key(news)] = self._status.vertex(news.title)
            activity.begin()
        else:
            self._activities[_key(news)].end(cached=news.state == StepState.CACHED)

    def _from(self, news: StepNews, reference: str) -> None:
        """Stages may have one base: it is shown once."""
        if news.state == StepState.STARTED and reference not in self._bases:
            self._bases[reference] = _Base(news, reference, self._status)
        elif news.state == StepState.DONE and self._bases[reference].step == news.index:
            self._bases[reference].finish()

    def _log(self, news: OutputNews) -> None:
        for (index, _), activity in self._activities.items():
            if index == news.index and not activity.has_ended:
                activity.log(news.text)

    def _pulling(self, news: Progress) -> None:
        """News of a pull do not say whose it is: the first base that is not there yet gets them."""
        for base in self._bases.values():
            if not base.is_there:
                base.pulling(news)
                return


class _Base:
    """An image that a stage begins with: looked up, then maybe pulled. ``step`` is the first that it is for."""

    def __init__(self, news: StepNews, reference: str, status: Status) -> None:
        self.step = news.index
        self._lookup = status.vertex(f"[internal] load metadata for {reference}")
        self._lookup.begin()
        self._pull = status.vertex(news.title)
        self._layers: dict[str, Part] = {}

    @property
    def is_there(self) -> bool:
        return self._pull.has_ended

    def pulling(self, news: Progress) -> None:
        self._found()
        if not self._pull.has_begun:
            self._pull.begin()
        name = {_DOWNLOADING: news.id, _EXTRACTING: f"extracting {news.id}"}.get(news.status)
        if name is not None:
            if name not in self._layers:
                self._layers[name] = self._pull.part(name)
            self._layers[name].go_on(news.current, news.total)

    def finish(self) -> None:
        self._found()
        was_pulled = self._pull.has_begun
        for layer in self._layers.values():
            layer.end()
        self._pull.end(cached=not was_pulled)

    def fail(self, text: str) -> None:
        if not self._lookup.has_ended:
            self._lookup.end(error=text)
        elif not self._pull.has_ended:
            self._pull.end(error=text)

    def _found(self) -> None:
        if not self._lookup.has_ended:
            self._lookup.end()


def base_of(news: StepNews) -> str:
    """The image that a FROM names; "" for other steps."""
    return news.title.partition(_FROM)[2]


def _key(news: StepNews) -> tuple[int, str]:
    """Triggers have the number of their FROM."""
    return news.index, news.title
