"""TLS contexts, with what ``certs.d`` holds for a host."""

import ssl
from pathlib import Path
from weakref import WeakValueDictionary

from wherry.registry.reasons import ConnectionFailed


class Certificates:
    """Client contexts, shared for as long as a connection uses them: the authorities alone take megabytes. Files that
    change make another context.

    Trusted are the system's authorities, or those of SSL_CERT_FILE and SSL_CERT_DIR. In
    ``<directory>/<host[:port]>/``, each ``*.crt`` holds further authorities for that host, and each ``*.cert`` is a
    client certificate with its ``*.key`` beside it (docs.docker.com, "Verify repository client with certificates").
    """

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)
        self._contexts: WeakValueDictionary[tuple[object, bool], ssl.SSLContext] = WeakValueDictionary()

    def context(self, authority: str, verify: bool) -> ssl.SSLContext:
        """For ``host`` or ``host:port``, as its reference spells it. May be called from any thread.

        Raises ConnectionFailed for a certificate without its key, or for a file that cannot be read.
        """
        own = self._directory / authority
        try:
            key = (_state(own), verify)
            context = self._contexts.get(key)
            if context is None:
                context = self._contexts[key] = _new_context(own, verify)
        except OSError as error:
            raise ConnectionFailed(f"cannot use the certificates in {own}: {error}") from error
        return context


def _state(directory: Path) -> tuple[tuple[str, int], ...]:
    """The files and when each was changed, in nanoseconds; () where there is no directory."""
    return tuple(sorted((str(path), path.stat().st_mtime_ns) for path in directory.glob("*")))


def _new_context(directory: Path, verify: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    for path in sorted(directory.glob("*")):
        _add(context, path)
    return context


def _add(context: ssl.SSLContext, path: Path) -> None:
    if path.suffix == ".crt":
        context.load_verify_locations(path)
    elif path.suffix == ".cert":
        key = path.with_suffix(".key")
        if not key.exists():
            raise ConnectionFailed(
                f"missing key {key.name} for client certificate {path.name}. "
                "CA certificates must use the extension .crt"
            )
        context.load_cert_chain(path, key)
    elif path.suffix == ".key" and not path.with_suffix(".cert").exists():
        raise ConnectionFailed(f"missing client certificate {path.stem}.cert for key {path.name}")
