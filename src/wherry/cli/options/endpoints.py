"""``--docker``: where the engine of a context is."""

from .csv_line import fields

KEYS = ("ca", "cert", "from", "host", "key", "skip-tls-verify")


def endpoint(text: str) -> dict[str, str]:
    """``host=tcp://x:2376,ca=ca.pem`` as a mapping. ValueError; keys are not looked at."""
    pairs = [part.partition("=") for part in (fields(text) if text else [""])]
    for pair in pairs:
        if not pair[1]:
            raise ValueError(f"{''.join(pair)} must be formatted as key=value")
    return {key: value for key, _, value in pairs}
