"""Observers: derive one class from Observer, in a file of its own, and name the file in mlmon.toml.

    [observers.auc]
    plugin = "low_auc.py"
    limit = 0.85

An observer does no I/O, reads no clock but event time and rolls no dice: then the same events give the same
actions with the same ids, on any machine and in any split of the input.
"""

import datetime
import json
import math

from . import _values

__all__ = ["Observer", "Event", "Batch", "Model", "Tick", "HostError"]


class HostError(Exception):
    """mlmon refused what was asked for; it has the text, and stops the observer."""


class Model:
    """One deployment of a model. The same deployment is the same object for the life of the process."""

    __slots__ = ("handle", "name", "version", "deployed_at")

    def __init__(self, handle, name, version, deployed_at):
        self.handle = handle  # means nothing in the next process
        self.name, self.version, self.deployed_at = name, version, deployed_at

    def __repr__(self):
        return f"{self.name} (v{self.version}) deployed {self.deployed_at}"


class Tick:
    """Event time has moved to this multiple of `tick_every`, or past it."""

    __slots__ = ("time_ns",)

    def __init__(self, time_ns):
        self.time_ns = time_ns  # since 1970

    @property
    def time(self):
        return _values.time_of(self.time_ns)


class Event:
    """One event, during on_event. What it does not carry is None. The members of `fields` are attributes."""

    __slots__ = ("batch", "row")

    def __init__(self, batch, row):
        self.batch, self.row = batch, row

    @property
    def type(self):
        return self.batch.type_of(self.row)

    @property
    def model(self):
        return self.batch.models[self.batch.model[self.row]]

    @property
    def time(self):
        return _values.time_of(self.batch.time_ns[self.row])

    @property
    def time_ns(self):
        return self.batch.time_ns[self.row]

    @property
    def samples(self):
        samples = self.batch.samples[self.row]
        return samples if samples >= 0 else None

    @property
    def line(self):
        return self.batch.line[self.row]

    @property
    def offset(self):
        return self.batch.offset[self.row]

    @property
    def raw(self):
        """The line as it stands in the input, as text."""
        return self.batch.raw(self.row)

    @property
    def json(self):
        """The line as Python's json reads it."""
        return json.loads(self.raw)

    @property
    def labels(self):
        return self.json.get("labels") or {}

    @property
    def id(self):
        return self.json.get("id")


def _figure(name):
    def get(self):
        value = getattr(self.batch, name)[self.row]
        return value if value == value else None

    return property(get)


for _name in ("accuracy", "precision", "recall", "f1", "p_value", "magnitude"):
    setattr(Event, _name, _figure(_name))


class Batch:
    """Events as columns, during on_batch: memoryviews that numpy.asarray takes without a copy, valid until
    on_batch returns. `time_ns model kind accuracy precision recall f1 p_value magnitude samples line offset`
    have a value for each event (NaN where a figure is absent, -1 where samples is); the members of `fields`
    are attributes likewise. Iterating gives events."""

    def __init__(self, child, header, columns, memory):
        self._child, self._columns, self._memory = child, columns, memory
        self.flags, self.size, self.first_seq, self.dropped = header
        self.models = child.models

    def __len__(self):
        return self.size

    def __iter__(self):
        make = self._child.event_class
        return (make(self, row) for row in range(self.size))

    def __getitem__(self, row):
        if not 0 <= row < self.size:
            raise IndexError(row)
        return self._child.event_class(self, row)

    def __getattr__(self, name):
        make = self._columns.get(name)
        if make is None:
            raise AttributeError(f"a batch has no column {name!r}")
        column = make(self)
        setattr(self, name, column)
        return column

    @property
    def derived(self):
        """Its events are other observers'."""
        return bool(self.flags & 4)

    def type_of(self, row):
        return self._child.type_of(self.kind[row])

    def raw(self, row):
        return self._child.raw(row)


class State:
    """What the observer keeps over restarts: `state[model, "key"]` is a text (model None: of no model). A change
    is durable together with the events that it belongs to. KeyError where there is nothing."""

    def __init__(self, child):
        self._child, self._kept = child, {}

    def __getitem__(self, at):
        model, key = self._place(at)
        try:
            return self._kept[model][key]
        except KeyError:
            raise KeyError(at) from None

    def __setitem__(self, at, value):
        model, key = self._place(at)
        if not isinstance(value, str):
            raise TypeError(f"state[…, {key!r}]: expected a text, got {type(value).__name__}")
        self._child.put(model, key, value)
        self._kept.setdefault(model, {})[key] = value

    def __delitem__(self, at):
        self[at]
        model, key = self._place(at)
        self._child.delete(model, key)
        del self._kept[model][key]

    def __contains__(self, at):
        model, key = self._place(at)
        return key in self._kept.get(model, ())

    def get(self, model, key, default=None):
        return self._kept.get(self._handle(model), {}).get(key, default)

    def items(self, model=...):
        """((model, key), text) of all that is kept, or of one model, in the order of the models and keys."""
        models = self._child.models
        handles = self._kept if model is ... else [self._handle(model)]
        owners = sorted((models[h].name, models[h].version, models[h].deployed_at, h) if h else ("", "", "", 0)
                        for h in handles)
        for *_, handle in owners:
            for key, value in sorted(self._kept.get(handle, {}).items()):
                yield (models[handle] if handle else None, key), value

    def _place(self, at):
        if not isinstance(at, tuple) or len(at) != 2:
            raise TypeError("expected state[model, key]")
        return self._handle(at[0]), at[1]

    @staticmethod
    def _handle(model):
        if model is None:
            return 0
        if isinstance(model, Model):
            return model.handle
        raise TypeError(f"expected a model of an event, or None, got {type(model).__name__}")

    def _load(self, model, begin, items):
        if begin:
            self._kept.pop(model, None)
        if items:
            self._kept.setdefault(model, {}).update(items)


class Observer:
    """Sees every event that it subscribed to, in order, and decides. Override on_event or on_batch.

    What it is made of, all optional:
      config      its keys in mlmon.toml with their defaults, whose types theirs are; read as self.config.KEY
      fields      further members of events, NAME: POINTER for any value, (POINTER, str) for a text
      subscribes  types of events, separated by blanks; without it "metrics drift job"
      emits       types of events that it may emit(), likewise
      counters    NAME: HELP of numbers in the receipt, counted by self.count(NAME)
      tick_every  "1h": on_tick is called when event time passes a multiple of it
    fields and tick_every may be methods that give it, where they depend on self.config. And for people
      version     of the observer; state_version of the form of what it keeps (see migrate)
    """

    config = {}
    fields = {}
    counters = {}
    subscribes = None
    emits = ""
    tick_every = None
    version = "0"
    state_version = 0

    def on_batch(self, batch):
        for event in batch:
            self._child.row = event.row
            self.on_event(event)

    def on_event(self, event):
        raise NotImplementedError("expected on_event or on_batch")

    def on_tick(self, tick):
        pass

    def on_finish(self):
        pass

    def migrate(self, from_version):
        """What is kept has the form of an older state_version: writes what it is now. False: cannot."""
        return False

    def explain(self, model):
        """How its rules stand for a model, made of what is kept, for people who ask `mlmon why`: a dict as "Saying
        why" in the SDK's README has it. None: it does not say."""
        return None

    def act(self, type, /, *, rule, state="", model=None, row=None, **fields):
        """Decides, because of the event at hand (in on_batch: of row `row`). `state`: what changed, such as
        "firing". True: the very same was decided in an earlier run, and what it asked for has ended."""
        row, about = self._child.place(model, row)
        return self._child.act(row, about, type, rule, state, _fields(fields))

    def suppress(self, of, /, *, rule, why, until=None, model=None, row=None, **fields):
        """Tells what was held back, and until when (a time, or nanoseconds since 1970)."""
        row, about = self._child.place(model, row)
        if isinstance(until, datetime.datetime):
            until = _values.ns_of(until)
        self._child.suppress(row, about, of, rule, why, until, _fields(fields) if self.explaining else b"")

    def emit(self, type, /, *, model=None, row=None, **fields):
        """Makes an event for the observers that stand behind this one, of a type in `emits`."""
        row, about = self._child.place(model, row)
        self._child.emit(row, about, type, _fields(fields))

    def count(self, counter, more=1):
        self._child.count(counter, more)

    def log(self, text, level="info"):
        self._child.log(_values.LEVELS[level], str(text))

    @property
    def last_action_id(self):
        return self._child.last_id

    @property
    def explaining(self):
        return self._child.explaining


def _fields(fields):
    if not fields:
        return b""
    for name, value in fields.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name} is {value}, which JSON does not have")
    return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"),
                      default=_values.plain).encode()
