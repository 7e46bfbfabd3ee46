"""Lines that tell somebody who waits what is being done, and how long each part took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Note:
    """What a stage says of itself when it is done: "60,000 customers"."""

    text: str = ""


@dataclass
class Progress:
    """Stages one after another; `seconds` keeps what each took, for benchmarks."""

    say: Callable[[str], object]
    prefix: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def named(self, prefix: str) -> "Progress":
        """The same listener; times are kept under names with the prefix."""
        return Progress(self.say, prefix, self.seconds)

    @contextmanager
    def stage(self, name: str) -> Iterator[Note]:
        title = f"{self.prefix}: {name}" if self.prefix else name
        note, started = Note(), time.monotonic()
        yield note
        taken = time.monotonic() - started
        self.seconds[title] = self.seconds.get(title, 0.0) + taken
        self.say(f"{title}{', ' if note.text else ''}{note.text} ({taken:.1f} s)")
