"""The word that was meant, for one that is not known."""

from collections.abc import Iterable

_NEAR = 2  # single letters put in, taken out or changed; what is farther off is another word


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean FROM?)`` for FORM, ``from`` for form; "" where nothing is near."""
    near = [(distance, other) for other in known if (distance := _distance(word.lower(), other.lower())) <= _NEAR]
    if not near:
        return ""
    meant = min(near)[1]
    return f" (did you mean {meant.lower() if word.islower() else meant}?)"


def _distance(first: str, second: str) -> int:
    """Levenshtein's."""
    row = list(range(len(second) + 1))
    for above, letter in enumerate(first):
        corner, row[0] = row[0], above + 1
        for column, other in enumerate(second, 1):
            corner, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, corner + (letter != other))
    return row[-1]
