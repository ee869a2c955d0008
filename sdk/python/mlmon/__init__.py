"""What Python has to do with mlmon: programs write events (mlmon.events), observers decide on them (Observer)."""

from . import events
from .observer import Batch, Event, HostError, Model, Observer, Tick

__all__ = ["Batch", "Event", "HostError", "Model", "Observer", "Tick", "events"]
