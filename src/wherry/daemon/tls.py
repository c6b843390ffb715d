"""Certificates of the daemon and of who may talk to it. Rules and texts are dockerd's."""

import os
import ssl
from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class UnusableCertificate(Exception):
    """A file of the TLS settings cannot be read or understood."""


class TlsSettings(Struct, frozen=True, kw_only=True):
    """Paths of PEM files; clients have to ``verify`` themselves by a certificate that ``ca`` signed."""

    ca: str
    cert: str
    key: str
    verify: bool


def tls_settings(values: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> TlsSettings | None:
    """None where no TLS is asked for. ``tlsverify`` asks for it whatever it says; without it, clients are verified."""
    if not (values.get("tls") or "tlsverify" in values):
        return None
    folder = environ.get("DOCKER_CERT_PATH") or os.path.join(environ.get("HOME", ""), ".docker")
    return TlsSettings(
        ca=values.get("tlscacert") or f"{folder}/ca.pem",
        cert=values.get("tlscert") or _if_there(f"{folder}/cert.pem"),
        key=values.get("tlskey") or _if_there(f"{folder}/key.pem"),
        verify=values.get("tlsverify", True),
    )


def _if_there(path: str) -> str:
    return path if os.path.exists(path) else ""


def server_context(settings: TlsSettings) -> ssl.SSLContext:
    """TLS 1.2 or later, as the settings say. UnusableCertificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    _load_pair(context, settings)
    if settings.verify:
        _load_authority(context, settings.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _load_pair(context: ssl.SSLContext, settings: TlsSettings) -> None:
    pair = f'X509 key pair (cert: "{settings.cert}", key: "{settings.key}")'
    for path in (settings.cert, settings.key):
        if reason := _unreadable(path):
            raise UnusableCertificate(f"Could not load {pair}: {reason}")
    try:
        context.load_cert_chain(settings.cert, settings.key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        advice = "Make sure the key is not encrypted."
        raise UnusableCertificate(f"Error reading {pair}: tls: {_reason(error)}. {advice}") from None


def _no_password() -> str:
    """OpenSSL would ask for it at the terminal."""
    raise ValueError("the key is encrypted")


def _load_authority(context: ssl.SSLContext, path: str) -> None:
    if reason := _unreadable(path):
        raise UnusableCertificate(f'could not read CA certificate "{path}": {reason}')
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        raise UnusableCertificate(f'failed to append certificates from PEM file: "{path}"') from None


def _unreadable(path: str) -> str:
    """Why a file cannot be read, "" if it can: OpenSSL does not say which of two."""
    try:
        with open(path, "rb"):
            return ""
    except OSError as error:
        return f"open {path}: {(error.strerror or '').lower()}"


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "private key does not match public key"
    return str(error)
