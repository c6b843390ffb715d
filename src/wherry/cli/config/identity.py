"""Who we are to an engine behind TLS, and whom we trust there: flags, environment, and files of the docker CLI."""

from posix import R_OK, access

from ..session import CommandError, getenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from ..flags import Options

FILES = {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}


class Identity:
    """``paths`` of PEM files by the names of their flags, "" for none; ``verify``: whether to mistrust the engine."""

    def __init__(self, paths: dict[str, str], *, verify: bool) -> None:
        self.paths = paths
        self.verify = verify

    def context(self) -> "SSLContext":
        """The files' content. CommandError when they cannot be read or understood."""
        from ...client.tls import client_context

        ca, cert, key = (self.paths[name] for name in FILES)
        try:
            return client_context(ca=ca, cert=cert, key=key, verify=self.verify)
        except OSError as error:
            reason = f"open {error.filename}: {(error.strerror or '').lower()}"
            raise CommandError(f"Failed to initialize: unable to resolve docker endpoint: {reason}") from None
        except ValueError as error:
            raise CommandError(f"Failed to initialize: failed to retrieve context tls info: {error}") from None

    def flags(self) -> list[str]:
        """What says the same to a plugin."""
        verify = "true" if self.verify else "false"
        return [f"--tlsverify={verify}", *(f"--{name}={path}" for name, path in self.paths.items() if path)]


def identity(options: "Options", config_dir: str) -> Identity | None:
    """None where nobody asks for TLS. ``--tlsverify=false`` asks for it, too."""
    verify = options["tlsverify"] if options.given("tlsverify") else bool(getenv("DOCKER_TLS_VERIFY"))
    tls = options["tls"] if options.given("tls") else bool(getenv("DOCKER_TLS"))
    if not (tls or verify or options.given("tlsverify")):
        return None
    folder = getenv("DOCKER_CERT_PATH") or config_dir
    paths = {name: options[name] or f"{folder}/{file}" for name, file in FILES.items()}
    for name in ("tlscert", "tlskey"):  # nobody has to have one
        if not options.given(name) and not access(paths[name], R_OK):
            paths[name] = ""
    return Identity(paths, verify=verify)
