"""A model that is retrained when mlmon asks for it, so that each request changes what mlmon reads next: day by day,
over the table of ages.py."""

import contextlib
import datetime
import json
import os
import subprocess
import tempfile
from typing import NamedTuple

# Decides at the last event of each day, whatever it says: then `ask` has decided, too.
HEARD = """
[observers.heard]
plugin = "retraining"
min_f1 = false
max_p_value = false
[[observers.heard.rules]]
name = "day"
metric = "day"
above = -1
"""


class Worth(NamedTuple):
    accuracy: float  # mean over the days
    retrainings: int


def toml(keys):
    """A retraining observer with these keys and rules."""
    tables = [f"{key} = {json.dumps(value)}" for key, value in keys.items() if key != "rules"]
    for rule in keys.get("rules", []):
        tables += ["[[observers.ask.rules]]", *(f"{key} = {json.dumps(value)}" for key, value in rule.items())]
    return "\n".join(['[observers.ask]', 'plugin = "retraining"', *tables]) + "\n" + HEARD


def events(ages, trained, day, figures):
    """The two lines of a day, the second of them with the day's number as a metric."""
    def midnight(number):
        first = datetime.date.fromisoformat(ages.about["first_day"])
        return f"{first + datetime.timedelta(days=number)}T00:00:00Z"

    model = {"name": "elec-tree", "version": f"1.0.{trained}", "deployed_at": midnight(trained)}
    samples = {"samples": ages.about["samples"]}
    yield {"type": "drift", "model": model, "p_value": figures.p_value, "magnitude": figures.magnitude, **samples,
           "detected_at": midnight(day + 1)}
    yield {"type": "metrics", "model": model, "accuracy": figures.accuracy, "f1": figures.f1, **samples,
           "metrics": {"day": day}, "captured_at": midnight(day + 1)}


@contextlib.contextmanager
def deciding(mlmon, keys):
    """One mlmon for all days; what is yielded takes a day's events and gives what was decided."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(toml(keys))
        config.flush()
        with subprocess.Popen([mlmon, "run", "-c", config.name, "--no-state", "--explain", "--summary", "none"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            def decide(lines):
                # Nothing stays in a buffer: an mlmon that has ended says so by its output and its code.
                with contextlib.suppress(BrokenPipeError):
                    os.write(process.stdin.fileno(), "".join(json.dumps(line) + "\n" for line in lines).encode())
                decisions = []
                while not decisions or decisions[-1]["observer"] != "heard":
                    line = process.stdout.readline()
                    if not line:
                        raise RuntimeError(f"mlmon ended with exit code {process.wait()}")
                    decisions.append(json.loads(line))
                return decisions[:-1]

            yield decide
            process.stdin.close()
        if process.returncode != 0:
            raise RuntimeError(f"mlmon ended with exit code {process.returncode}")


def worth(mlmon, ages, keys, days):
    """Of a policy: what is asked for at the end of a day is trained overnight, on the days up to that one, and reads
    the next day as a new deployment."""
    trained, retrainings, accuracies = 0, 0, []
    with deciding(mlmon, keys) as decide:
        for day in range(days):
            figures = ages.read(trained, day)
            accuracies.append(figures.accuracy)
            if any(one["action"] == "retrain" for one in decide(events(ages, trained, day, figures))):
                trained, retrainings = day + 1, retrainings + 1
    return Worth(sum(accuracies) / days, retrainings)
