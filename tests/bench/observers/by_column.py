"""Counts the events with a low F1, by column."""

import numpy

from mlmon import Observer


class ByColumn(Observer):
    low = 0

    def on_batch(self, batch):
        self.low += int((numpy.asarray(batch.f1) < 0.5).sum())
