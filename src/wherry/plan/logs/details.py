"""What ``logs --details`` puts before each line: labels, variables and a tag that the log options ask for (moby
``daemon/logger/loginfo.go``, ExtraAttributes; ``loggerutils/log_tag.go``)."""

import re
from typing import Final
from urllib.parse import quote_plus

from wherry.model.container import Container
from wherry.plan.logs.refusals import refusal
from wherry.plan.naming import short_id
from wherry.plan.regexp import finder

_FIELD: Final = re.compile(r"{{\s*\.(\w+)\s*}}")


def log_details(container: Container) -> str:
    """``key=value`` pairs, sorted, encoded as in a URL, with commas between; "" if none are asked for. InternalError
    for options that make no sense."""
    options = container.spec.host.log.options
    try:
        found = log_attributes(container)
        if "tag" in options:
            found["tag"] = _tag(container, options["tag"])
    except ValueError as error:
        raise refusal(error) from None
    return ",".join(f"{quote_plus(key)}={quote_plus(found[key])}" for key in sorted(found))


def log_attributes(container: Container) -> dict[str, str]:
    """The labels and variables that the log options ask for. ValueError for a pattern that is none."""
    spec, options = container.spec, container.spec.host.log.options
    variables = dict(text.partition("=")[::2] for text in spec.env)
    found = _chosen(spec.labels, options.get("labels", ""), options.get("labels-regex", ""))
    return found | _chosen(variables, options.get("env", ""), options.get("env-regex", ""))


def log_tag(container: Container) -> str:
    """How the container's lines are tagged where others' are, too. InternalError for an option that makes no sense."""
    try:
        return _tag(container, container.spec.host.log.options.get("tag") or "{{.ID}}")
    except ValueError as error:
        raise refusal(error) from None


def _chosen(values: dict[str, str], names: str, pattern: str) -> dict[str, str]:
    wanted, listed = finder(pattern), names.split(",")
    return {name: value for name, value in values.items() if name in listed or (pattern and wanted(name))}


def _tag(container: Container, template: str) -> str:
    """The template with its fields filled in; of Go's templates it has no more."""
    fields = {
        "ID": short_id(container.id),
        "FullID": container.id,
        "Name": container.name,
        "ImageID": short_id(container.image_id),
        "ImageFullID": container.image_id,
        "ImageName": container.spec.image,
        "DaemonName": "docker",
        "Command": " ".join(container.argv),
    }

    def filled(found: re.Match[str]) -> str:
        if found[1] not in fields:
            at = f'template: log-tag:1:{found.start(1) - 1}: executing "log-tag" at <.{found[1]}>'
            raise ValueError(f"{at}: can't evaluate field {found[1]} in type *logger.Info")
        return fields[found[1]]

    return _FIELD.sub(filled, template)
