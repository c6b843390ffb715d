"""Web pages asked for with busybox, on the host and in containers alike."""


def asking(url: str, seconds: int = 3) -> list[str]:
    """A command that writes the page, and fails if there is none within ``seconds``.

    It does without wget's own limit, which ends busybox 1.35 (Debian 12) with a segmentation fault. The shell stays,
    since wget as the first process of a container would not be ended.
    """
    return ["busybox", "sh", "-c", f"busybox timeout {seconds} busybox wget -qO- '{url}' || exit"]
