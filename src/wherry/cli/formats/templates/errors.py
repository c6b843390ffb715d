"""What can go wrong with a template. ``str(error)`` is Go's own sentence."""


class TemplateError(Exception):
    """Root: a template that cannot be used."""


class ParseError(TemplateError):
    """The text is no template."""


class ExecError(TemplateError):
    """The template does not fit the data. ``partial`` is the text up to there."""

    partial = ""
