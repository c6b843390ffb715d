"""RUN: the command that is to be run, and what the history says of it."""

from wherry.build.plan.actions import SCRIPTS, InlineFile, RunCommand
from wherry.build.plan.mounting import AGENT_VARIABLE, agent_variable, run_mounts
from wherry.build.plan.scope import StageScope
from wherry.errors import NotSupported
from wherry.model.image import ImageConfig
from wherry.plan.dockerfile.configuring import Scope, environment, shell_of
from wherry.plan.dockerfile.heredocs import opening
from wherry.plan.dockerfile.instructions import CommandLine, Heredoc, Run


def run_command(
    run: Run, config: ImageConfig, args: dict[str, str | None], words: Scope, stage: StageScope
) -> tuple[RunCommand, str]:
    """The action, and its line in the history."""
    if run.security == "insecure":
        raise NotSupported("security.insecure is not allowed")
    text, script = _script(run.command, run.heredocs)
    argv = (*shell_of(config), text) if run.command.shell else run.command.words
    own = environment(config)
    given = {name: value for name, value in sorted(args.items()) if name not in own and value is not None}
    mounts = run_mounts(run.mounts, words, stage, config.working_dir)
    agent = () if AGENT_VARIABLE in own.keys() | given.keys() else agent_variable(mounts)
    action = RunCommand(
        argv=(*argv[:-1], f"{SCRIPTS}/{script.name}") if script else argv,
        env=(*config.env, *(f"{name}={value}" for name, value in given.items()), *agent),
        proxies=tuple(f"{name}={value}" for name, value in sorted(stage.proxies.items()) if name not in {*own, *given}),
        user=config.user,
        working_dir=config.working_dir,
        mounts=mounts,
        network=run.network,
        script=script,
    )
    return action, _comment(argv, given)


def _comment(argv: tuple[str, ...], args: dict[str, str]) -> str:
    counted = (f"|{len(args)}", *(f"{name}={value}" for name, value in args.items())) if args else ()
    return " ".join((*counted, *argv))


def _script(command: CommandLine, documents: tuple[Heredoc, ...]) -> tuple[str, InlineFile | None]:
    """The line for the shell, and the file to run instead if it is a document that names its interpreter.

    One document alone is the command; with more than that, the shell reads line and documents itself.
    """
    line = command.words[0] if command.words else ""
    if not documents:
        return line, None
    if opening(line) is None or " " in line:
        return line + "".join(f"\n{document.content}{document.name}" for document in documents), None
    document = documents[0]
    script = InlineFile(document.name, document.content) if document.content.startswith("#!") else None
    return document.content, script
