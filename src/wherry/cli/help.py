"""``--help``, and what is said when there is no such command. Layout of Docker's cobra templates."""

from ..version import VERSION
from . import plugins
from .commands import COMMANDS
from .flags import Command, HelpRequested, UsageError, program
from .flags.usages import flag_usages
from .lazy import load
from .main import GLOBAL
from .session import Session

COMMON = ("run", "exec", "ps", "build", "pull", "images", "version", "info")
GROUPS = {
    "builder": "Manage builds",
    "container": "Manage containers",
    "context": "Manage contexts",
    "image": "Manage images",
    "manifest": "Manage Docker image manifests and manifest lists",
    "network": "Manage networks",
    "plugin": "Manage plugins",
    "system": "Manage the engine",
    "volume": "Manage volumes",
}
HIDDEN = ("dial-stdio", "list", "ps", "remove")  # not for people, and second names inside a group


def command_help(command: Command, spelled: str, columns: int) -> str:
    """The help of one command; ``spelled`` as it was called, "" for the program itself."""
    if command is GLOBAL:
        return program_help(columns)
    parts = [f"\nUsage:  {program(spelled)} {command.arguments}\n\n{command.short}\n"]
    if command.long:
        parts.append(f"\n{command.long}\n")
    if command.aliases:
        parts.append(f"\nAliases:\n  {', '.join(program(alias) for alias in command.aliases)}\n")
    if command.flags:
        parts.append(f"\nOptions:\n{flag_usages(command.flags, columns)}")
    return "".join(parts)


def program_help(columns: int) -> str:
    single = [name for name in COMMANDS if " " not in name]
    return (
        f"\nUsage:  wherry {GLOBAL.arguments}\n\n{GLOBAL.short}\n"
        f"\nCommon Commands:\n{_listing({name: _short(name) for name in COMMON})}"
        f"\nManagement Commands:\n{_listing(GROUPS)}"
        f"\nCommands:\n{_listing({name: _short(name) for name in single if name not in COMMON})}"
        f"\nGlobal Options:\n{flag_usages(GLOBAL.flags, columns)}"
        "\nRun 'wherry COMMAND --help' for more information on a command.\n"
    )


def group_help(group: str) -> str:
    members = [name.partition(" ")[2] for name in COMMANDS if name.startswith(f"{group} ")]
    shorts = {member: _short(f"{group} {member}") for member in sorted(members) if member not in HIDDEN}
    return (
        f"\nUsage:  wherry {group} COMMAND\n\n{GROUPS[group]}\n"
        f"\nCommands:\n{_listing(shorts)}"
        f"\nRun 'wherry {group} COMMAND --help' for more information on a command.\n"
    )


def answer_without_command(session: Session, argv: list[str]) -> int:
    """``argv`` names no command of ours: help of the program or of a group, a plugin, or an error."""
    first, *rest = argv or ["--help"]
    if first == "--version":
        session.out.line(f"wherry version {VERSION}")
        return 0
    if first == "--help" or argv == ["help"]:
        session.out.write(program_help(session.out.columns()))
        return 0
    if first == "help":
        return _help_topic(session, rest)
    if first in GROUPS:
        return _answer_group(session, first, rest)
    if plugin := plugins.find(session, first):
        plugins.become(session, plugin, argv)
    raise UsageError(f"wherry: '{first}' is not a wherry command.\nSee 'wherry --help'", 1)


def _answer_group(session: Session, group: str, rest: list[str]) -> int:
    asked = rest[:1] == ["--help"] or rest[:1] == ["-h"]
    if rest and rest[0].startswith("-") and not asked:
        raise UsageError(f"unknown flag: {rest[0]}\nSee 'wherry {group} --help'.", 125)
    output = session.out if asked else session.err
    output.write(group_help(group))
    return 1 if rest and not asked else 0


def _help_topic(session: Session, words: list[str]) -> int:
    spelled = " ".join(words)
    if spelled in GROUPS:
        session.out.write(group_help(spelled))
        return 0
    if spelled not in COMMANDS:
        raise UsageError(f"unknown help topic: {spelled}", 1)
    session.out.write(command_help(_grammar(spelled), spelled, session.out.columns()))
    return 0


def _grammar(spelled: str) -> Command:
    """The grammar of a command, which answers ``--help`` with it before it does anything."""
    session = Session(spelled=spelled)
    try:
        load("commands", COMMANDS[spelled])(session, ["--help"])
    except HelpRequested as asked:
        return asked.command
    raise AssertionError(f"{spelled} does not answer --help")


def _short(spelled: str) -> str:
    return _grammar(spelled).short


def _listing(shorts: dict[str, str]) -> str:
    width = max(11, *(len(name) for name in shorts))
    return "".join(f"  {name:<{width}} {short}\n" for name, short in shorts.items())
