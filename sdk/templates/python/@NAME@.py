"""An observer: alerts when a figure of an event's `metrics` falls below a limit, and again when it is back.

pydoc mlmon.Observer says what else there is.
"""

from mlmon import Observer


class Low(Observer):
    """alerts when a metric falls below a limit"""

    id = "org.example.@NAME@"
    version = "0.1.0"
    state_version = 1
    subscribes = "metrics"
    # Its keys in mlmon.toml, with their defaults.
    config = {"metric": "auc", "below": 0.8}

    def fields(self):
        name = self.config.metric.replace("~", "~0").replace("/", "~1")  # RFC 6901
        return {"value": "/metrics/" + name}

    def on_event(self, event):
        if isinstance(event.value, float):
            self.observe(event.model, event.value)

    def observe(self, model, value):
        # Whether the model's figure is low is kept, so that it holds over restarts.
        was_low = (model, "low") in self.state
        is_low = value < self.config.below
        if is_low == was_low:
            return
        if is_low:
            self.state[model, "low"] = "1"
        else:
            del self.state[model, "low"]
        self.act("alert", rule="low", state="firing" if is_low else "resolved",
                 metric=self.config.metric, value=value, threshold=self.config.below)
