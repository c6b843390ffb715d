"""What a solver has to do for one instruction: everything is expanded and resolved, nothing left to interpret."""

from msgspec import Struct

from wherry.build.plan.origins import Source

SCRIPTS = "/dev/pipes"
"""The directory of a container in which RUN finds a document that names its interpreter."""


class InlineFile(Struct, frozen=True):
    """A file whose content stands in the Dockerfile (heredoc)."""

    name: str
    content: str


class BindMount(Struct, frozen=True, kw_only=True):
    """Files of the context (``source`` None), a stage or an image at ``target``; what is written is thrown away."""

    target: str
    origin: Source | None = None
    path: str = "/"
    read_only: bool = True


class CacheMount(Struct, frozen=True, kw_only=True):
    """A directory that outlives the build, by its ``id``; ``sharing`` is shared, private or locked.

    A new one starts with ``path`` of ``origin``, or empty, and has mode and owner as said.
    """

    target: str
    id: str
    sharing: str = "shared"
    read_only: bool = False
    origin: Source | None = None
    path: str = "/"
    mode: int = 0o755
    uid: int = 0
    gid: int = 0


class TmpfsMount(Struct, frozen=True, kw_only=True):
    """``size`` in bytes, 0 for no limit."""

    target: str
    size: int = 0


class LentMount(Struct, frozen=True, kw_only=True):
    """What a client lends to one command. It is no part of the layer, and its content not of the cache's key."""

    target: str
    id: str
    required: bool = False
    mode: int
    uid: int = 0
    gid: int = 0


class SecretMount(LentMount, frozen=True, kw_only=True):
    """A secret as a file."""

    mode: int = 0o400


class AgentMount(LentMount, frozen=True, kw_only=True):
    """The socket of an SSH agent."""

    mode: int = 0o600


RunMount = BindMount | CacheMount | TmpfsMount | LentMount


class Configure(Struct, frozen=True):
    """Only the configuration changes, as the state after it says: an empty layer."""


class MakeDirectory(Struct, frozen=True):
    """WORKDIR: an absolute path, made (owner root, mode 0755) where it is missing."""

    path: str


class RunCommand(Struct, frozen=True, kw_only=True):
    """Run ``argv`` in a container of the stage's files so far.

    ``env`` is the configuration's environment and the ARGs in scope; ``proxies`` are more variables (``name=value``)
    that count neither for the cache nor for the history. ``network`` is "" (the request's), ``none`` or ``host``.
    ``script`` is a file to be seen read-only in `SCRIPTS`, mode 0755, while the command runs.
    """

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = ""
    mounts: tuple[RunMount, ...] = ()
    network: str = ""
    script: InlineFile | None = None


class CopyFiles(Struct, frozen=True, kw_only=True):
    """COPY and ADD. ``origin`` None is the build context.

    ``sources`` are patterns (Go's filepath.Match) relative to the root of the origin, without a leading slash;
    ``urls`` are fetched, ``repositories`` (``url#ref:directory``) cloned, with their ``.git`` if ``keep_git_dir``, and
    ``files`` made from the Dockerfile. ``destination`` is absolute and ends in ``/`` if a directory is meant. ``chown``
    is ``user[:group]``, names or numbers; "" keeps the owners that files of a stage or an image have, and is 0:0 for
    others. ``chmod`` is octal digits or symbolic, "" to keep. ``unpack``: archives are unpacked by content (True: also
    fetched ones; False: none; None: those of the context, as ADD does).
    ``checksum`` is what the one URL must have (``sha256:…``).
    """

    sources: tuple[str, ...] = ()
    files: tuple[InlineFile, ...] = ()
    urls: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    keep_git_dir: bool = False
    destination: str
    origin: Source | None = None
    chown: str = ""
    chmod: str = ""
    unpack: bool | None = False
    checksum: str = ""
    link: bool = False
    parents: bool = False
    exclude: tuple[str, ...] = ()


Action = Configure | MakeDirectory | RunCommand | CopyFiles
