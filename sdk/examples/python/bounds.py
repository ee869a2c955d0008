"""Alerts when a figure leaves [low, high] and when it is back. By column: with numpy, if it is there, a batch in
which nothing happens costs next to nothing.

    [observers.bounds]
    plugin = "bounds.py"
    pointer = "/metrics/rmse"
    high = 4.0
"""

from mlmon import Observer

try:
    import numpy
except ImportError:
    numpy = None


class Bounds(Observer):
    """alerts when a figure leaves its bounds"""

    config = {"pointer": "/f1", "low": 0.0, "high": 1.0}

    def fields(self):
        return {"value": self.config.pointer}

    def __init__(self):
        self.outside = {model for (model, key), _ in self.state.items() if key == "outside"}

    def rows(self, values):
        """From the first on that may change anything."""
        low, high = self.config.low, self.config.high
        first = 0
        if not self.outside:
            if numpy is None:
                first = next((row for row, x in enumerate(values) if x < low or x > high), len(values))
            else:
                column = numpy.asarray(values)
                outside = numpy.flatnonzero((column < low) | (column > high))
                first = int(outside[0]) if outside.size else len(values)
        return (row for row in range(first, len(values)) if values[row] == values[row])

    def on_batch(self, batch):
        for row in self.rows(batch.value):
            model, value = batch.models[batch.model[row]], batch.value[row]
            is_outside = not self.config.low <= value <= self.config.high
            if is_outside == (model in self.outside):
                continue
            if is_outside:
                self.outside.add(model)
                self.state[model, "outside"] = "1"
            else:
                self.outside.discard(model)
                del self.state[model, "outside"]
            self.act("alert", row=row, rule="bounds", state="firing" if is_outside else "resolved", severity="warning",
                     value=value, low=self.config.low, high=self.config.high)
