"""Alerts when a figure leaves its own recent past: more than `sigmas` standard deviations off the mean of the
last `window` events of the model that carried it.

    [observers.surprise]
    plugin = "surprise.py"
    pointer = "/f1"
"""

import json
import math

from mlmon import Observer


class Surprise(Observer):
    """alerts when a figure leaves its own recent past"""

    config = {"pointer": "/f1", "window": 30, "sigmas": 4.0}

    def fields(self):
        return {"value": self.config.pointer}

    def __init__(self):
        self.past = {}

    def on_event(self, event):
        value = event.value
        if not isinstance(value, float):
            return
        if event.model not in self.past:
            self.past[event.model] = json.loads(self.state.get(event.model, "past", "[]"))
        past = self.past[event.model]
        if len(past) == self.config.window:
            mean = math.fsum(past) / len(past)
            spread = math.sqrt(math.fsum((x - mean) ** 2 for x in past) / len(past))
            if abs(value - mean) > self.config.sigmas * spread:
                self.act("alert", rule="surprise", state="firing", severity="warning", value=value, mean=mean,
                         spread=spread, subject=f"{self.config.pointer} of {event.model.name} is {value:.4g}, "
                                                f"its last {len(past)} were {mean:.4g} ± {spread:.2g}")
            del past[0]
        past.append(value)
        self.state[event.model, "past"] = json.dumps(past)
