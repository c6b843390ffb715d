"""The lines of a Dockerfile about one that is wrong."""

AROUND = 2
RULE = "-" * 20
LINE_TOLD = "parse error on line "


def excerpt(name: str, text: str, first: int, last: int) -> str:
    """``first`` to ``last``, counted from 1, marked among their neighbours."""
    lines = text.splitlines()
    shown = range(max(1, first - AROUND), min(len(lines), last + AROUND) + 1)
    marked = [f"{number:>4} | {'>>>' if first <= number <= last else '   '} {lines[number - 1]}" for number in shown]
    return "\n".join((f"{name}:{first}", RULE, *(line.rstrip() for line in marked), RULE))


def line_told(message: str) -> int:
    """The line that an error of the Dockerfile's names, 0 for none."""
    digits = message.partition(LINE_TOLD)[2].partition(":")[0]
    return int(digits) if digits.isdigit() else 0
