"""What models of each age would have said of each day of a stream: a table that lets a retraining change what is
read next, without training anything.

A model that is trained before day `trained` reads that day and all after it. For each such pair the table holds how
many predictions were right, how many of them were rightly 1, and how far the day's features lie from those that the
model was trained on (the largest two-sample Kolmogorov-Smirnov statistic over the features). elec_ages.py makes it.
"""

import gzip
import json
import math
from pathlib import Path
from typing import NamedTuple

STEPS = 200  # a statistic is kept as a byte


class Day(NamedTuple):
    """What one model said of one day."""
    accuracy: float
    f1: float
    p_value: float
    magnitude: float


class Ages:
    """Reads the table: a line of JSON that says of what it is made, then three bytes for each pair, by age of the
    training, then by day."""

    def __init__(self, path):
        with gzip.open(path) as file:
            self.about = json.loads(file.readline())
            self.bytes = file.read()
        self.days = self.about["days"]
        assert len(self.bytes) == 3 * self.days * (self.days + 1) // 2

    def read(self, trained, day):
        """What the model that was trained before day `trained` said of `day`, which does not come before."""
        assert 0 <= trained <= day < self.days
        earlier = trained * self.days - trained * (trained - 1) // 2
        at = 3 * (earlier + day - trained)
        right, hits, steps = self.bytes[at:at + 3]
        samples = self.about["samples"]
        wrong = samples - right
        f1 = 2 * hits / (2 * hits + wrong) if hits + wrong else 1.0
        magnitude = steps / STEPS
        p_value = min(1.0, self.about["features"] * p_of(magnitude, samples, self.about["trained_on"]))
        return Day(right / samples, f1, p_value, magnitude)


def p_of(statistic, first, second):
    """The asymptotic p of a two-sample Kolmogorov-Smirnov statistic, with Stephens' correction for small samples
    (Numerical Recipes, section 14.3)."""
    size = math.sqrt(first * second / (first + second))
    scaled = (size + 0.12 + 0.11 / size) * statistic
    if scaled < 0.2:
        return 1.0
    return max(0.0, min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))))


def write(path, about, rows):
    """rows: for each training, the three bytes of each day from then on."""
    Path(path).write_bytes(gzip.compress(json.dumps(about).encode() + b"\n" + b"".join(rows), 9, mtime=0))
