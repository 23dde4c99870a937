"""What can go wrong, and how it is told.

Exception tree::

    Exception
    ├── DataError        the user's data are wrong            exit code 3
    └── PlanImpossible   no schedule keeps all the limits     exit code 4

Anything else that escapes is our fault (exit code 1).
"""

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the data: where, what was found, what is allowed, what to try."""

    where: str
    found: str
    allowed: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}; {self.allowed}"
        return f"{text} ({self.hint})" if self.hint else text


class DataError(ValueError):
    """The user's data are wrong; ``problems`` lists everything found, not only the first."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)  # worker processes and SimPy make it again from its arguments

    def __str__(self) -> str:
        return "\n".join(str(p) for p in self.problems)


class PlanImpossible(Exception):  # noqa: N818 - says what is so, not that a program erred
    """No schedule keeps all limits; ``clash`` names the rules that contradict each other, under ``heading``."""

    def __init__(self, clash: list[str], heading: str = "No schedule keeps all limits. These clash:") -> None:
        self.clash, self.heading = clash, heading
        super().__init__("; ".join(clash))


def written(path: Path) -> str:
    """Return a path into a file as a user would write it.

    >>> written(("lines", 0, "stations", 2, "buffer"))
    'lines[0].stations[2].buffer'
    >>> written(("",))  # a key without a letter is seen
    '""'
    """
    out = ""
    for step in path:
        name = step or '""'
        out += f"[{step}]" if isinstance(step, int) else (f".{name}" if out else str(name))
    return out
