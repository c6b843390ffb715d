"""Runs a parsed template over its data: text, branches, loops and calls."""

from __future__ import annotations

from .expressions import Evaluator
from .functions import truth
from .nodes import Action, Branch, Call, Jump, Node, Pipe, Text
from .printing import text_of
from .values import Missing, NilPointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .functions import Function


class _Jump(Exception):
    """Carries ``break`` or ``continue`` to the loop around."""

    def __init__(self, word: str) -> None:
        self.word = word


class Execution(Evaluator):
    """One run over one value. ``output`` collects the text."""

    def __init__(
        self,
        source: str,
        templates: dict[str, tuple[Node, ...]],
        functions: dict[str, Function],
        missing_key_is_error: bool,
    ) -> None:
        super().__init__(source, functions, missing_key_is_error)
        self.templates = templates
        self.output: list[str] = []

    def run(self, name: str, data: object) -> None:
        outer, self.variables = self.variables, [("$", data)]
        outer_name, self.name = self.name, name
        self._walk(self.templates[name], data)
        self.variables, self.name = outer, outer_name

    def _walk(self, nodes: Iterable[Node], dot: object) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.output.append(node.text)
            elif isinstance(node, Action):
                value = self.pipe(node.pipe, dot)
                if not node.pipe.variables:
                    self.output.append("<no value>" if value is None or isinstance(value, Missing) else text_of(value))
            elif isinstance(node, Branch):
                depth = len(self.variables)
                self._branch(node, dot)
                del self.variables[depth:]
            elif isinstance(node, Jump):
                raise _Jump(node.word)
            elif isinstance(node, Call):
                self._call(node, dot)

    def _branch(self, node: Branch, dot: object) -> None:
        value = self.pipe(node.pipe, dot)
        if node.word == "range":
            self._range(node, value, dot)
        elif truth(value):
            self._walk(node.body, value if node.word == "with" else dot)
        else:
            self._walk(node.other, dot)

    def _range(self, node: Branch, value: object, dot: object) -> None:
        items = self._items(node, value)
        if not items:
            self._walk(node.other, dot)
        depth = len(self.variables)
        for index, item in items:
            self._bind(node.pipe, index, item)
            try:
                self._walk(node.body, item)
            except _Jump as jump:
                if jump.word == "break":
                    return
            finally:
                del self.variables[depth:]

    def _items(self, node: Branch, value: object) -> list[tuple[object, object]]:
        if value is None or isinstance(value, Missing | NilPointer):
            return []
        if isinstance(value, list):
            return list(enumerate(value))
        if isinstance(value, dict):
            return [(key, value[key]) for key in sorted(value)]
        if isinstance(value, int) and not isinstance(value, bool):
            return [(number, number) for number in range(value)]
        raise self._error(node.pipe, f"range can't iterate over {text_of(value)}")

    def _bind(self, pipe: Pipe, index: object, item: object) -> None:
        values = (index, item) if len(pipe.variables) > 1 else (item,)
        for name, value in zip(pipe.variables, values, strict=False):
            self._assign(name, value)

    def _call(self, node: Call, dot: object) -> None:
        if node.name not in self.templates:
            raise self._error(node, f'template "{node.name}" not defined')
        self.run(node.name, self.pipe(node.pipe, dot) if node.pipe else None)
