"""Flags as ``--help`` shows them: the layout of pflag's ``FlagUsagesWrapped``."""

from . import Flag

SLOP = 5  # a last word may stand this far over the margin rather than alone on a line
NARROW = 24


def flag_usages(flags: tuple[Flag, ...], columns: int) -> str:
    """One entry a flag, sorted by name, usages in a column wrapped before ``columns``."""
    shown = sorted((flag for flag in flags if not flag.hidden), key=lambda flag: flag.name)
    heads = [_head(flag) for flag in shown]
    width = max(len(head) for head in heads) + 1
    lines = [
        f"{head:<{width}}  {_wrap(_usage(flag), width + 2, columns - 1)}\n"
        for head, flag in zip(heads, shown, strict=True)
    ]
    return "".join(lines)


def _head(flag: Flag) -> str:
    short = f"  -{flag.short}, " if flag.short else "      "
    return f"{short}--{flag.name} {flag.value_name}".rstrip()


def _usage(flag: Flag) -> str:
    return f"{flag.usage} (default {flag.default_text})" if flag.default_text else flag.usage


def _wrap(text: str, indent: int, columns: int) -> str:
    width = columns - indent
    start = ""
    if width < NARROW:  # no room beside the flags: a block below
        indent = 16
        width = columns - indent
        start = "\n" + " " * indent
    if width < NARROW:
        return text.replace("\n", start)
    lines, rest = [], text
    while rest:
        line, rest = _cut(rest, width - SLOP)
        lines.append(line)
    return start + "\n".join(lines).replace("\n", "\n" + " " * indent)


def _cut(text: str, width: int) -> tuple[str, str]:
    """One line and what is left, as pflag's ``wrapN``."""
    if width + SLOP > len(text):
        return text, ""
    head = text[:width]
    space = max(head.rfind(mark) for mark in " \t\n")
    if space <= 0:
        return text, ""
    newline = head.rfind("\n")
    cut = newline if 0 < newline < space else space
    return text[:cut], text[cut + 1 :]
