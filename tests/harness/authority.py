"""Certificates of the tests' own, by the openssl command."""

import subprocess
from pathlib import Path

# Python's own verification, since 3.13, wants it said.
USAGE = ("-addext", "keyUsage=critical,digitalSignature,keyCertSign")


class Authority:
    """A certificate authority of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "ca.crt"
        self._openssl("req", "-x509", *self._key("ca"), *USAGE, "-subj", "/CN=tests", "-out", str(self.certificate))

    def issue(self, name: str, alternative: str) -> tuple[Path, Path]:
        """A certificate for ``alternative`` (``IP:127.0.0.1``, ``DNS:…``) and its key."""
        certificate = self.folder / f"{name}.pem"
        signed = ("-CA", str(self.certificate), "-CAkey", str(self.folder / "ca.key"))
        subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}", *USAGE)
        self._openssl("req", "-x509", *self._key(name), *signed, *subject, "-out", str(certificate))
        return certificate, self.folder / f"{name}.key"

    def expire(self, name: str, alternative: str) -> tuple[Path, Path]:
        """A certificate as of ``issue`` that was good for a day in 2020."""
        _, key = self.issue(name, alternative)
        request, settings = self.folder / f"{name}.csr", self.folder / f"{name}.cnf"
        subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}")
        self._openssl("req", "-new", "-key", str(key), *subject, "-out", str(request))
        (self.folder / "index.txt").touch()
        settings.write_text(
            f"[ca]\ndefault_ca=tests\n[tests]\ndatabase={self.folder}/index.txt\nnew_certs_dir={self.folder}\n"
            "rand_serial=yes\ndefault_md=sha256\npolicy=any\ncopy_extensions=copy\n[any]\ncommonName=supplied\n"
        )
        times = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z")
        signed = ("-cert", str(self.certificate), "-keyfile", str(self.folder / "ca.key"), "-in", str(request))
        certificate = self.folder / f"{name}.pem"
        self._openssl("ca", "-batch", "-config", str(settings), *times, *signed, "-notext", "-out", str(certificate))
        return certificate, key

    def _key(self, name: str) -> tuple[str, ...]:
        return ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(self.folder / f"{name}.key"))

    def sign(self, key: Path, data: bytes) -> bytes:
        """An RSA signature over SHA-256, as RS256 tokens have it."""
        return self._openssl("dgst", "-sha256", "-sign", str(key), data=data)

    def _openssl(self, *arguments: str, data: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout
