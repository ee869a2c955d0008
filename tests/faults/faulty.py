"""mlmon behind the shim that makes calls fail or kills at one of them, and what such tests count.

MLMON_SHIM names the shim's library. By default a test takes a sample of the calls, drawn from MLMON_SEED
(default 1), which a failure names; MLMON_ALL_CALLS=1 takes all of them, until MLMON_UNTIL (monotonic clock) at
most. MLMON_COUNTS names a file that gets what was counted.
"""

import atexit
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

SHIM = os.environ.get("MLMON_SHIM", "")
SEED = int(os.environ.get("MLMON_SEED", "1"))
ALL_CALLS = os.environ.get("MLMON_ALL_CALLS") == "1"
UNTIL = float(os.environ.get("MLMON_UNTIL", "inf"))


class Counts:
    """What the tests of a process did and saw; the soak prints them."""

    def __init__(self):
        self.kills = self.faults = self.compared = self.lost = self.doubled = 0

    def add(self, counts):
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)

    def __str__(self):
        return (f"{self.kills} kills and {self.faults} faults, {self.compared} histories compared, "
                f"{self.lost} lost, {self.doubled} doubled")


COUNTS = Counts()
if "MLMON_COUNTS" in os.environ:
    atexit.register(lambda: Path(os.environ["MLMON_COUNTS"]).write_text(json.dumps(vars(COUNTS))))


def time_is_up():
    return time.monotonic() >= UNTIL


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


def sample(log, size, chosen):
    """Numbers of calls (from 1) of a log, one at least, more while there is time: all of them in any order, or
    `size`, of each kind of call on each file the first and the last if these are not more."""
    for number in chosen_calls(log, size, chosen):
        yield number
        if time_is_up():
            return


def chosen_calls(log, size, chosen):
    calls = [(kind, Path(path).name) for kind, path in (line.split(" ", 1) for line in log)]
    if ALL_CALLS:
        return chosen.sample(range(1, len(calls) + 1), len(calls))
    of_kind = {}
    for number, call in enumerate(calls, 1):
        of_kind.setdefault(call, []).append(number)
    numbers = {n for all_of_it in of_kind.values() for n in (all_of_it[0], all_of_it[-1])}
    if len(numbers) > size:
        return sorted(chosen.sample(sorted(numbers), size))
    rest = sorted(set(range(1, len(calls) + 1)) - numbers)
    numbers.update(chosen.sample(rest, min(size - len(numbers), len(rest))))
    return sorted(numbers)
