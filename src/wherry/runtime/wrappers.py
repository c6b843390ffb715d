"""Commands that become the runtime, which follows in their arguments, when they have seen to what it leaves undone."""

from wherry.model.launch import ExecLaunch, Launch

OPEN_TO_ALL = 0o666
"""The mode of streams that a root who is another on the host may open by name (/dev/stdout), as everybody may
/dev/null. runc leaves them to the host's root, crun those of sessions; conmon 2.1.12 opens them, 2.1.6 does not."""
_OPENED = f"chmod {OPEN_TO_ALL:o} /dev/stdin /dev/stdout /dev/stderr; "


def of_container(launch: Launch) -> tuple[str, ...]:
    """crun gives its standard streams to root of a container that is another on the host. Where the monitor has no pipe
    for them they are the host's /dev/null, whose mode that root could change then: put others in their place."""
    if not launch.remapped:
        return ()
    stdin = "" if launch.open_stdin and not launch.tty else " <<''\n\n"
    opened, stdout = ("", " >&2") if launch.tty else (_OPENED, "")
    return "/bin/sh", "-c", f'{opened}exec "$0" "$@"{stdout}{stdin}'


def of_monitored_session(launch: ExecLaunch) -> tuple[str, ...]:
    opened = ("/bin/sh", "-c", f'{_OPENED}exec "$0" "$@"') if launch.remapped and not launch.tty else ()
    return *of_session(launch), *opened


def of_session(launch: ExecLaunch) -> tuple[str, ...]:
    """crun has the processes of sessions inherit how readily they are killed (choom(1)); runc sets it itself. conmon
    2.1.6 does not hand on what it has inherited."""
    score = launch.oom_score_adj
    return () if score is None else ("/usr/bin/choom", "-n", str(score), "--")
