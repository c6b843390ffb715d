"""Go's ``text/template``, as Docker's ``--format`` speaks it.

``Template("{{.Name}}").execute({"Name": "web"})`` is ``"web"``. Loaded only when a format is given.
"""

from __future__ import annotations

from .errors import ExecError, ParseError, TemplateError
from .execute import Execution
from .functions import FUNCTIONS, SPECIAL
from .parser import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .functions import Function

__all__ = ("ExecError", "ParseError", "Template", "TemplateError")


class Template:
    """A parsed template; error texts give its ``name``. ParseError when the text is none."""

    def __init__(self, text: str, name: str = "") -> None:
        self.text = text
        self.name = name
        try:
            self._templates = Parser(text, FUNCTIONS.keys() | SPECIAL, name).templates
        except RecursionError:
            raise ParseError(f"template: {name}: exceeded maximum template depth") from None

    def execute(
        self, data: object, *, functions: dict[str, Function] = FUNCTIONS, missing_key_is_error: bool = False
    ) -> str:
        """The text for one value. ExecError when the template does not fit it.

        A map key that is not there prints as ``<no value>``, or is an error with ``missing_key_is_error``.
        """
        execution = Execution(self.text, self._templates, functions, missing_key_is_error)
        try:
            execution.run(self.name, data)
        except ExecError as error:
            error.partial = "".join(execution.output)
            raise
        except RecursionError:
            raise ExecError(f"template: {self.name}: exceeded maximum template depth") from None
        return "".join(execution.output)
