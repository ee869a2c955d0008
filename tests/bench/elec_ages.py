#!/usr/bin/env python3
"""Makes tests/data/elec-ages.gz, by hand and once: it needs numpy and scikit-learn.

    elec_ages.py elec.csv tests/data/elec-ages.gz

elec.csv is the New South Wales electricity market (M. Harries, Splice-2 comparative evaluation: electricity pricing,
1999; 45,312 half-hours from 1996 to 1998: is the price above its mean of the last day?), as in
scikit-multiflow/streaming-datasets on GitHub. A decision tree of depth 6 is trained on the 60 days before each day.
"""

import sys

import ages
import numpy
from sklearn.tree import DecisionTreeClassifier

DAY = 48  # half-hours
TRAINED_ON = 60 * DAY


def statistics(trained_on, later):
    """The Kolmogorov-Smirnov statistic of one feature for each later day."""
    known = numpy.sort(trained_on)
    days = numpy.sort(later.reshape(-1, DAY), axis=1)
    rank = numpy.apply_along_axis(lambda day: numpy.searchsorted(day, day, "right"), 1, days)
    below = numpy.apply_along_axis(lambda day: numpy.searchsorted(day, day, "left"), 1, days)
    at = numpy.searchsorted(known, days, "right") / len(known)
    just_below = numpy.searchsorted(known, days, "left") / len(known)
    # The distance is largest at a value of the day, or just below one.
    return numpy.maximum(abs(rank / DAY - at), abs(below / DAY - just_below)).max(axis=1)


def rows(features, labels):
    for begin in range(TRAINED_ON, len(labels), DAY):
        past = slice(begin - TRAINED_ON, begin)
        tree = DecisionTreeClassifier(max_depth=6, random_state=0).fit(features[past], labels[past])
        said, truth = tree.predict(features[begin:]).reshape(-1, DAY), labels[begin:].reshape(-1, DAY)
        drift = numpy.max([statistics(features[past, one], features[begin:, one])
                           for one in range(features.shape[1])], axis=0)
        figures = numpy.stack([(said == truth).sum(axis=1), (said & truth).sum(axis=1),
                               numpy.rint(drift * ages.STEPS)], axis=1)
        yield figures.astype(numpy.uint8).tobytes()


def main():
    source, path = sys.argv[1:]
    table = numpy.genfromtxt(source, delimiter=",", skip_header=1)
    features, labels = table[:, :-1], table[:, -1].astype(int)
    made = list(rows(features, labels))
    ages.write(path, {"stream": "elec", "model": "decision tree, depth 6", "days": len(made), "samples": DAY,
                      "trained_on": TRAINED_ON, "features": features.shape[1], "first_day": "1996-07-06"}, made)


if __name__ == "__main__":
    main()
