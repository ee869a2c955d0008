"""Compares deployments of one name: alerts when the newest is worse than the one before it by more than `margin`,
both by the mean of their last `window` figures.

    [observers.challenger]
    plugin = "challenger.py"
    margin = 0.02
"""

import json

from mlmon import Observer


class Challenger(Observer):
    """alerts when a new deployment is worse than the one before"""

    config = {"pointer": "/f1", "window": 20, "margin": 0.02}
    subscribes = "metrics"

    def fields(self):
        return {"value": self.config.pointer}

    def __init__(self):
        self.figures = {}      # of a deployment
        self.deployments = {}  # of a name, by time
        for (model, key), text in self.state.items():
            if key == "figures":
                self.meet(model, json.loads(text))

    def meet(self, model, figures):
        self.figures[model] = figures
        known = self.deployments.setdefault(model.name, [])
        known.append(model)
        known.sort(key=lambda one: (one.deployed_at, one.version))

    def on_event(self, event):
        if not isinstance(event.value, float):
            return
        model = event.model
        if model not in self.figures:
            self.meet(model, [])
        figures = self.figures[model]
        figures.append(event.value)
        del figures[:-self.config.window]
        self.state[model, "figures"] = json.dumps(figures)
        known = self.deployments[model.name]
        if model is known[-1] and len(known) > 1 and len(figures) == self.config.window:
            self.compare(model, known[-2])

    def compare(self, new, old):
        mean_new = sum(self.figures[new]) / len(self.figures[new])
        mean_old = sum(self.figures[old]) / len(self.figures[old])
        worse = mean_new < mean_old - self.config.margin
        if worse == ((new, "worse") in self.state):
            return
        if worse:
            self.state[new, "worse"] = "1"
        else:
            del self.state[new, "worse"]
        self.act("alert", rule="challenger", state="firing" if worse else "resolved", severity="warning",
                 value=mean_new, threshold=mean_old - self.config.margin,
                 subject=f"{new.name} v{new.version} {'is worse than' if worse else 'keeps up with'} v{old.version}: "
                         f"{mean_new:.3f}, before {mean_old:.3f}")
