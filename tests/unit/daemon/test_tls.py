"""Certificates of the daemon: when they are asked for, and files that cannot be used. Texts are dockerd's."""

from pathlib import Path

import pytest
from tests.harness.authority import Authority

from wherry.daemon.tls import TlsSettings, UnusableCertificate, server_context, tls_settings


@pytest.mark.parametrize(
    ("values", "verify"),
    [
        ({}, None),
        ({"tls": False, "tlscert": "/x.pem"}, None),
        ({"tls": True}, True),
        ({"tlsverify": True}, True),
        ({"tls": False, "tlsverify": True}, True),
        ({"tlsverify": False}, False),
    ],
)
def test_when_tls_is_asked_for(values: dict[str, object], verify: bool | None) -> None:
    settings = tls_settings(values, {"HOME": "/nowhere"})
    assert (settings and settings.verify) == verify


def test_files_that_nobody_named(tmp_path: Path) -> None:
    environ = {"DOCKER_CERT_PATH": str(tmp_path)}
    expected = TlsSettings(ca=f"{tmp_path}/ca.pem", cert="", key="", verify=True)
    assert tls_settings({"tls": True}, environ) == expected
    (tmp_path / "cert.pem").touch()
    found = tls_settings({"tls": True, "tlskey": "/key"}, environ)
    assert found is not None
    assert (found.cert, found.key) == (f"{tmp_path}/cert.pem", "/key")


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (cert, key), (_, others) = authority.issue("server", "DNS:a"), authority.issue("other", "DNS:b")

    def refused(cert: Path | str, key: Path | str, ca: Path | str) -> str:
        with pytest.raises(UnusableCertificate) as caught:
            server_context(TlsSettings(ca=str(ca), cert=str(cert), key=str(key), verify=True))
        return str(caught.value)

    ca = authority.certificate
    assert refused("", "", ca) == ('Could not load X509 key pair (cert: "", key: ""): open : no such file or directory')
    assert "tls: private key does not match public key" in refused(cert, others, ca)
    missing = tmp_path / "missing"
    because = f"open {missing}: no such file or directory"
    assert refused(cert, key, missing) == f'could not read CA certificate "{missing}": {because}'
    assert refused(cert, key, key) == f'failed to append certificates from PEM file: "{key}"'
