"""``debian:trixie-slim`` → how mmdebstrap makes it: whose keys, which archives, what is left out."""

from .session import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SLIM = "-slim"
VARIANTS = ("essential", "apt", "required", "minbase", "buildd", "important", "standard", "custom", "extract")
ARCHITECTURES = {
    "linux/386": "i386", "linux/amd64": "amd64", "linux/arm/v7": "armhf", "linux/arm64": "arm64",
    "linux/ppc64le": "ppc64el", "linux/riscv64": "riscv64", "linux/s390x": "s390x",
}  # fmt: skip
ROLLING = ("sid", "unstable", "experimental")
# What the slim images of Debian leave out, as dpkg keeps it out for what is installed later, too.
LEFT_OUT = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-include=/usr/share/locale/locale.alias",
    "path-exclude=/usr/share/man/*",
)
# The host's, which mmdebstrap puts there; the engine makes those of each container.
FORGET_HOST = 'rm -f "$1/etc/hostname" "$1/etc/resolv.conf"'


class Distribution:
    """Archives of one family. ``package`` brings ``keyring``, the keys that sign them."""

    def __init__(self, *, keyring: str, package: str, mirror: str, security: str, suite: str, components: str) -> None:
        self.keyring = keyring
        self.package = package
        self.mirror = mirror
        self.security = security
        self.suite = suite
        self.components = components

    def lines(self, suite: str, mirrors: "Sequence[str]" = (), keyring: str = "") -> list[str]:
        """The ``sources.list`` of a suite: of these mirrors alone, else of the distribution's, with its updates.

        A mirror is a URL, or a whole line. Only the keys of ``keyring``, else the distribution's, are trusted: apt
        would take any key that this host's knows.
        """
        if mirrors:
            return [mirror if " " in mirror else self._line(mirror, suite, keyring) for mirror in mirrors]
        main = self._line(self.mirror, suite, keyring)
        if suite in ROLLING:
            return [main]
        updates = self._line(self.mirror, f"{suite}-updates", keyring)
        return [main, updates, self._line(self.security, f"{suite}-security", keyring)]

    def _line(self, mirror: str, suite: str, keyring: str) -> str:
        return f"deb [signed-by={keyring or self.keyring}] {mirror} {suite} {self.components}"


DISTRIBUTIONS = {
    "debian": Distribution(
        keyring="/usr/share/keyrings/debian-archive-keyring.gpg",
        package="debian-archive-keyring",
        mirror="http://deb.debian.org/debian",
        security="http://deb.debian.org/debian-security",
        suite="stable",
        components="main",
    ),
    "ubuntu": Distribution(
        keyring="/usr/share/keyrings/ubuntu-archive-keyring.gpg",
        package="ubuntu-keyring",
        mirror="http://archive.ubuntu.com/ubuntu",
        security="http://security.ubuntu.com/ubuntu",
        suite="noble",
        components="main restricted universe multiverse",
    ),
}


class Source:
    """``distribution[:suite]`` as typed: the distribution, its suite, whether it is a slim one."""

    def __init__(self, text: str) -> None:
        """CommandError, which says what is known, when it is none that can be made."""
        name, _, tag = text.partition(":")
        if name not in DISTRIBUTIONS:
            known = " and ".join(sorted(DISTRIBUTIONS))
            raise CommandError(f'cannot bootstrap "{text}": {known} can be, as in debian:trixie')
        self.distribution = DISTRIBUTIONS[name]
        self.slim = tag.endswith(SLIM)
        self.suite = tag.removesuffix(SLIM) or self.distribution.suite
        self.image = f"{name}:{tag or self.suite}"
        if not all(word.isalnum() and word.isascii() for word in self.suite.split("-")):
            raise CommandError(f'cannot bootstrap "{text}": "{self.suite}" is no name of a suite')


def command(
    source: Source,
    *,
    variant: str,
    include: "Sequence[str]" = (),
    mirrors: "Sequence[str]" = (),
    keyring: str = "",
    platform: str = "",
) -> list[str]:
    """The words of the mmdebstrap command that writes the root file system to its stdout as tar."""
    words = ["mmdebstrap", f"--variant={variant}"]
    words += [f"--include={packages}" for packages in include]
    words += [f"--dpkgopt={option}" for option in LEFT_OUT if source.slim]
    words.append(f"--customize-hook={FORGET_HOST}")
    if platform:
        words.append(f"--architectures={ARCHITECTURES[platform]}")
    return [*words, "--format=tar", source.suite, "-", *source.distribution.lines(source.suite, mirrors, keyring)]
