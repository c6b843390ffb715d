"""A command line read by the rules of Go's pflag, which Docker's command line uses (its ``parseArgs``)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Command, Options


class Line:
    """One pass over ``argv``."""

    def __init__(self, command: "Command", options: "Options", argv: list[str]) -> None:
        self.flags = {flag.name: flag for flag in command.flags}
        self.shorts = {flag.short: flag for flag in command.flags if flag.short}
        self.interspersed = command.interspersed
        self.options = options
        self.rest = argv[::-1]

    def read(self) -> bool:
        """Put everything into the options; True as soon as help is asked for. ValueError for a wrong flag."""
        while self.rest:
            word = self.rest.pop()
            if word == "--":
                break
            if word.startswith("--"):
                if self._long(word):
                    return True
            elif word.startswith("-") and word != "-":
                if self._short(word[1:]):
                    return True
            else:
                self.options.arguments.append(word)
                if not self.interspersed:
                    break
        self.options.arguments += self.rest[::-1]
        return False

    def _long(self, word: str) -> bool:
        name, equals, text = word[2:].partition("=")
        if not name or name.startswith("-"):
            raise ValueError(f"bad flag syntax: {word}")
        if name == "help":
            return True
        flag = self.flags.get(name)
        if flag is None:
            raise ValueError(f"unknown flag: --{name}")
        if not equals:
            text = "true" if flag.kind == "bool" else self._argument(f"--{name}")
        self.options.put(flag, text)
        return False

    def _short(self, letters: str) -> bool:
        while letters:
            flag = self.shorts.get(letters[0])
            if flag is None:
                if letters[0] == "h":
                    return True
                raise ValueError(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
            rest = ""
            if len(letters) > 2 and letters[1] == "=":
                text = letters[2:]
            elif flag.kind == "bool":
                text, rest = "true", letters[1:]
            else:
                text = letters[1:] or self._argument(f"'{letters}' in -{letters}")
            self.options.put(flag, text)
            letters = rest
        return False

    def _argument(self, flag: str) -> str:
        """The next word, for a flag that does not bring its value along."""
        if not self.rest:
            raise ValueError(f"flag needs an argument: {flag}")
        return self.rest.pop()
