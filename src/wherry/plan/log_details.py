"""What ``logs --details`` puts before each line: the labels and variables that the log options name."""

from urllib.parse import quote_plus

from wherry.model.container import Container


def log_details(container: Container) -> str:
    """``key=value`` pairs, sorted, encoded as in a URL, with commas between; "" if none are asked for.

    The options ``labels`` and ``env`` are lists of names (moby daemon/logger/loginfo.go, ExtraAttributes).
    """
    spec = container.spec
    variables = dict(text.partition("=")[::2] for text in spec.env)
    found = _chosen(spec.labels, spec.host.log.options.get("labels", ""))
    found |= _chosen(variables, spec.host.log.options.get("env", ""))
    return ",".join(f"{quote_plus(key)}={quote_plus(found[key])}" for key in sorted(found))


def _chosen(values: dict[str, str], names: str) -> dict[str, str]:
    return {name: values[name] for name in names.split(",") if name in values}
