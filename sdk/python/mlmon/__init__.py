"""What a Python program has to do with mlmon: it writes events (mlmon.events)."""

from . import events

__all__ = ["events"]
