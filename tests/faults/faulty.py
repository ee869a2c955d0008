"""mlmon behind the shim that makes calls fail or kills at one of them, and what such tests count.

MLMON_SHIM names the shim's library. By default a test takes a sample of the calls, drawn from MLMON_SEED
(default 1), which a failure names; MLMON_ALL_CALLS=1 takes all of them.
"""

import os
import random
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

SHIM = os.environ.get("MLMON_SHIM", "")
SEED = int(os.environ.get("MLMON_SEED", "1"))
ALL_CALLS = os.environ.get("MLMON_ALL_CALLS") == "1"


class Counts:
    """What the tests of a process did and saw; the soak prints them."""

    def __init__(self):
        self.kills = self.faults = self.compared = self.lost = self.doubled = 0

    def __str__(self):
        return (f"{self.kills} kills and {self.faults} faults survived, {self.compared} histories compared: "
                f"{self.lost} lost, {self.doubled} doubled")


COUNTS = Counts()


class Fault(NamedTuple):
    """What happens at the call with that number (shim.c lists the words); 0: nothing, calls are counted."""
    do: str = ""
    at: int = 0
    lasting: bool = False
    calls: str = ""  # those that count, empty: all that change something

    def environment(self, paths, log=None, slow=""):
        """Variables for a program whose calls on `paths` (patterns) count, and which reads `slow` slowly."""
        return {"LD_PRELOAD": SHIM, "MLMON_FAULT_PATHS": ":".join(paths), "MLMON_FAULT_DO": self.do,
                "MLMON_FAULT_AT": str(self.at), "MLMON_FAULT_LASTING": str(int(self.lasting)),
                "MLMON_FAULT_CALLS": self.calls, "MLMON_FAULT_SLOW": slow,
                "MLMON_FAULT_LOG": str(log or "")}


NONE = Fault()


def sample(log, size, chosen=None):
    """Numbers of calls (from 1) of a log: all of them, or so many, of each kind of call on each file at
    least the first and the last."""
    calls = [(kind, Path(path).name) for kind, path in (line.split(" ", 1) for line in log)]
    if ALL_CALLS:
        return range(1, len(calls) + 1)
    chosen = chosen or random.Random(SEED)
    of_kind = {}
    for number, call in enumerate(calls, 1):
        of_kind.setdefault(call, []).append(number)
    numbers = {n for all_of_it in of_kind.values() for n in (all_of_it[0], all_of_it[-1])}
    rest = sorted(set(range(1, len(calls) + 1)) - numbers)
    numbers.update(chosen.sample(rest, max(0, min(size - len(numbers), len(rest)))))
    return sorted(numbers)
