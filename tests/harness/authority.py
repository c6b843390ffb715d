"""Certificates of the tests' own, by the openssl command."""

import subprocess
from pathlib import Path


class Authority:
    """A certificate authority of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "ca.crt"
        self._openssl("req", "-x509", *self._key("ca"), "-subj", "/CN=tests", "-out", str(self.certificate))

    def issue(self, name: str, alternative: str) -> tuple[Path, Path]:
        """A certificate for ``alternative`` (``IP:127.0.0.1``, ``DNS:…``) and its key."""
        certificate = self.folder / f"{name}.pem"
        signed = ("-CA", str(self.certificate), "-CAkey", str(self.folder / "ca.key"))
        subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}")
        self._openssl("req", "-x509", *self._key(name), *signed, *subject, "-out", str(certificate))
        return certificate, self.folder / f"{name}.key"

    def _key(self, name: str) -> tuple[str, ...]:
        return ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(self.folder / f"{name}.key"))

    def sign(self, key: Path, data: bytes) -> bytes:
        """An RSA signature over SHA-256, as RS256 tokens have it."""
        return self._openssl("dgst", "-sha256", "-sign", str(key), data=data)

    def _openssl(self, *arguments: str, data: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout
