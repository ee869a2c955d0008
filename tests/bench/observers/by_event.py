"""Counts the events with a low F1, by event."""

from mlmon import Observer


class ByEvent(Observer):
    low = 0

    def on_event(self, event):
        if event.f1 < 0.5:
            self.low += 1
