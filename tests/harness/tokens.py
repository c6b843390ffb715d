"""A token server for docker-registry: RS256 JSON web tokens, signed by the openssl command."""

import base64
import json
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from tests.harness.authority import Authority
from tests.harness.httpserver import Scripted, answering

IDENTITY_TOKEN = "id-token"


class TokenServer:
    """Gives alice, with "open sesame", all that she asks for; and nothing to those who do not say who they are."""

    def __init__(self, server: Scripted, authority: Authority) -> None:
        self.server = server
        self._certificate, self._key = authority.issue("tokens", "DNS:tokens")
        self._authority = authority
        self.lifetime = 300
        server.scripts["/token"] = self._answer

    @property
    def configuration(self) -> str:
        return (
            f"auth: {{token: {{realm: 'http://{self.server.host}/token', service: tests, issuer: tests, "
            f"rootcertbundle: {self._authority.certificate}}}}}\n"
        )

    @property
    def asked(self) -> list[tuple[str, str, str | None]]:
        """Method, query or form, and Authorization of every request for a token."""
        return [
            (method, path.partition("?")[2] or body.decode(), headers.get("Authorization"))
            for (method, path, headers), body in zip(self.server.seen, self.server.bodies, strict=True)
            if path.startswith("/token")
        ]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        authorization = handler.headers.get("Authorization")
        if authorization is not None and authorization != "Basic " + base64.b64encode(b"alice:open sesame").decode():
            body = b'{"details":"incorrect username or password"}'
            answering(401, body, WWW_Authenticate='Basic realm="tokens"')(handler)
            return
        fields = parse_qs(self.asked[-1][1])
        known = authorization is not None or fields.get("refresh_token") == [IDENTITY_TOKEN]
        kind = "access_token" if handler.command == "POST" else "token"
        document = {kind: self._token(fields.get("scope", []) if known else []), "expires_in": self.lifetime}
        if known and fields.get("offline_token") == ["true"]:
            document["refresh_token"] = IDENTITY_TOKEN
        answering(200, json.dumps(document).encode())(handler)

    def _token(self, scopes: list[str]) -> str:
        parts = [scope.split(":") for text in scopes for scope in text.split(" ")]
        access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in parts]
        certificate = "".join(self._certificate.read_text().splitlines()[1:-1])
        now = int(time.time())
        claims = {"iss": "tests", "aud": "tests", "sub": "", "nbf": now - 60, "exp": now + 300, "access": access}
        head = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
        signed = b".".join(_base64url(json.dumps(part).encode()) for part in (head, claims))
        return b".".join((signed, _base64url(self._authority.sign(self._key, signed)))).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
