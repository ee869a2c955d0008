"""A host for unit tests: an observer is created with a configuration, gets events, and what it decided, counted and
kept can be read. Of mlmon nothing runs, and the observer is in the test's own process.

    from mlmon import events, testing

    def test_low_auc():
        host = testing.Host(LowAuc, {"limit": 0.8})
        host.feed(events.metrics(model=("fraud", "2.1.0", "2026-01-01T00:00:00Z"), metrics={"auc": 0.7}))
        assert [action.rule for action in host.actions] == ["low_auc"]
        assert host.actions[0].fields["subject"] == "AUC of fraud is 0.70"

What the observer raises comes out of the call, and nothing more is called then. Columns, fields, ticks, the undoing of
a call that failed are as in mlmon. Less than there: of a configuration only unknown keys are refused; of an event only
type, model and time are checked, `features` are not looked into, and ids are made up. `mlmon plugin test` and `mlmon
plugin check` do the rest.
"""

import json
import math
import re
import struct
from typing import Any, Dict, List, NamedTuple, Optional

from . import _frames as f
from . import _exact_json, _times, _values
from ._child import _ABSENT_INTEGER, _ABSENT_TEXT, _BATCH_FIELD, _BATCH_HEAD, _BOOLEAN, _INTEGER, _NUMBER, _TEXT, Child
from .observer import HostError, Model, State, Tick

__all__ = ["Decision", "Host"]

_OWN = {"metrics": 1, "drift": 2, "job": 3}
_TIMES = {1: "captured_at", 2: "detected_at"}
_NAN = float("nan")
_DERIVED = "type model at id labels".split()  # members that are the host's
_ACTED = "action id observer rule state of why until model labels event_time source line offset".split()
_FIGURES = ("accuracy", "precision", "recall", "f1", "p_value", "magnitude")


class Decision(NamedTuple):
    """An action, a suppression or an event that was emitted; what does not apply is empty."""

    type: str  # of a suppression: of the action that was held back
    rule: str
    state: str
    fields: Dict[str, Any]
    model: str
    version: str
    deployed_at: str
    time_ns: int  # of the event, or of the tick
    line: int  # of all lines that the host was fed, from 1; 0: a tick
    why: str = ""
    until_ns: Optional[int] = None


class _Event(NamedTuple):
    json: Dict[str, Any]
    raw: str
    model: int
    kind: int
    time_ns: int
    line: int
    offset: int
    seen: bool


def _finite(value):
    return value if isinstance(value, float) and math.isfinite(value) else _NAN


class Host:
    """One observer and its host. `config`: its own keys, which differ from the defaults."""

    def __init__(self, observer_class, config=None):
        self.actions: List[Decision] = []
        self.suppressed: List[Decision] = []
        self.emitted: List[Decision] = []
        self.log: List[str] = []
        self.explaining = False
        self._class = observer_class
        self._models: List[Model] = []
        self._types: List[str] = []  # of kinds from 16 on
        self._kept: Dict[Any, str] = {}  # by handle and key
        self._lines = self._bytes = 0
        self._now_ns: Optional[int] = None
        self._failed: Optional[BaseException] = None
        self._phase = ""
        properties = _values.schema_of(observer_class.config).get("properties", {})
        config = dict(config or {})
        for key in config:
            if key not in properties:
                raise ValueError(f"{key}: unknown key")
        self._config = {**{key: about["default"] for key, about in properties.items() if "default" in about}, **config}
        self._create()

    def feed(self, *lines):
        """Events, each one JSON object, as text or as a dict: one batch, but that it is cut at ticks."""
        lines = [line if isinstance(line, str) else json.dumps(line, default=_values.plain) for line in lines]
        events = [self._read(text) for line in lines for text in line.split("\n") if text or self._skip()]
        begin = 0
        for i, event in enumerate(events):
            if not event.seen or event.kind == _OWN["job"]:
                continue
            if self._period_ns and self._now_ns is not None:
                boundary = event.time_ns // self._period_ns
                if boundary > self._now_ns // self._period_ns:
                    self._batch(events[begin:i])
                    self._tick(boundary * self._period_ns)
                    begin = i
            self._now_ns = event.time_ns if self._now_ns is None else max(self._now_ns, event.time_ns)
        self._batch(events[begin:])

    def finish(self):
        """The input has ended."""
        self._call(self.observer.on_finish, "finish")

    def restart(self):
        """Begins another instance from what this one kept, as the next run of mlmon does. Models are other objects
        with other handles then."""
        self.finish()
        n = len(self._models)
        self._kept = {(n + 1 - model if model else 0, key): value for (model, key), value in self._kept.items()}
        self._models = [Model(n + 1 - old.handle, old.name, old.version, old.deployed_at)
                        for old in reversed(self._models)]
        self._create()

    def migrate(self, from_version):
        """As if what is kept were of an older state_version."""
        if self._call(lambda: self.observer.migrate(from_version), "migrate") is False:
            raise ValueError(f"state of version {from_version} is of no use")

    def explain(self, model):
        """What it says of a model, by its name."""
        return self._call(lambda: self.observer.explain(self._model_named(model)), "explain")

    def counter(self, name):
        """A number of the receipt."""
        return self._counts.get(self._child.counter_numbers[name], 0)

    def kept(self, model, key):
        """What is kept of the model with this name, or of none; None: nothing."""
        return self._kept.get((self._handle(model), key))

    def keep(self, model, key, value):
        """Keeps a text, as if a run before this one had. The model has been seen."""
        self._kept[self._handle(model), key] = value
        self._child.state._load(self._handle(model), False, [(key, value)])

    # One instance.

    def _create(self):
        self._projections = []
        self._subscribed = set((self._class.subscribes if self._class.subscribes is not None else
                                "metrics drift job").split())
        self._period_ns = 0
        self._counters: List[str] = []
        self._counts: Dict[int, int] = {}
        self._rows: List[Any] = []
        self._child = Child(self._class, self, memoryview(b""))
        self._child.state = State(self._child)
        self._child.models += self._models
        for (model, key), value in self._kept.items():
            self._child.state._load(model, False, [(key, value)])
        packed = struct.pack("<I", self.explaining) + f.text(json.dumps(self._config))
        self._call(lambda: self._child.create(f.Reader(packed)), "create")

    @property
    def observer(self):
        """The instance itself."""
        return self._child.observer

    def _call(self, work, phase):
        """What a call that raises decided, kept and counted does not count."""
        if self._failed is not None:
            raise self._failed
        child = self._child
        before = len(self.actions), len(self.suppressed), len(self.emitted), dict(self._kept)
        self._phase, child.explaining, child.counts = phase, self.explaining, {}
        child.phase = phase if phase == "tick" else ""
        try:
            result = work()
            for number, more in child.counts.items():
                self._counts[number] = self._counts.get(number, 0) + more
            return result
        except BaseException as error:
            self._failed = error
            actions, suppressed, emitted, self._kept = before
            del self.actions[actions:], self.suppressed[suppressed:], self.emitted[emitted:]
            raise
        finally:
            child.batch, child.row, child.phase, self._phase, self._rows = None, None, "", "", []

    def _tick(self, time_ns):
        self._rows = [(time_ns, 0)]
        made = [(decided, len(decided)) for decided in (self.actions, self.suppressed, self.emitted)]
        self._call(lambda: self.observer.on_tick(Tick(time_ns)), "tick")
        for decided, begin in made:  # in the order of the models
            decided[begin:] = sorted(decided[begin:], key=lambda one: (one.model, one.version, one.deployed_at))

    def _batch(self, events):
        if not any(event.seen for event in events):
            return
        events = [event for event in events if event.seen]  # Python's are dense
        self._rows = [(event.time_ns, event.line) for event in events]
        self._raw = [event.raw for event in events]
        memory = bytearray(64)

        def place(form, values):
            at = len(memory)
            memory.extend(struct.pack(f"<{len(values)}{form}", *values))
            memory.extend(bytes(-len(memory) % 64))
            return at

        def figure(name):
            return place("d", [_finite(event.json.get(name)) for event in events])

        samples = [event.json.get("samples") for event in events]
        columns = [place("q", [event.time_ns for event in events]), place("I", [event.model for event in events]),
                   place("I", [event.kind for event in events]), *map(figure, _FIGURES),
                   place("q", [int(n) if isinstance(n, float) else -1 for n in samples]),
                   place("Q", [event.line for event in events]), place("Q", [event.offset for event in events])]
        fields = b"".join(_BATCH_FIELD.pack(kind, *self._column(place, memory, kind, pointer, only, events))
                          for kind, pointer, only in self._projections)
        n = len(events)
        head = _BATCH_HEAD.pack(0, n, n, 0, events[0].line, 0, 0, *columns, 0, 0, 0, 0, len(self._projections))
        self._child.memory = memoryview(memory)
        self._call(lambda: self._child.on_batch(f.Reader(head + fields)), "batch")
        memory[:] = b"\xff" * len(memory)  # what is still looked at is seen to be gone

    def _column(self, place, memory, kind, pointer, only, events):
        cells = []
        for event in events:
            found, value = _exact_json.resolve(event.json, pointer)
            found = found and only in ("", self._type(event.kind))
            cells.append((found, value if found else None))
        if kind == _NUMBER:
            return place("d", [_finite(value) for _, value in cells]), 0, 0, 0
        if kind in (_INTEGER, _BOOLEAN):
            of = float if kind == _INTEGER else bool
            return place("q", [_exact_json.whole(value) if isinstance(value, of) else _ABSENT_INTEGER
                               for _, value in cells]), 0, 0, 0
        texts = [None if not there or (kind == _TEXT and not isinstance(value, str)) else
                 (value if kind == _TEXT else _exact_json.json_of(value)).encode("utf-8", "surrogateescape")
                 for there, value in cells]
        offsets, at = [], 0
        for text in texts:
            offsets.append(_ABSENT_TEXT if text is None else at)
            at += len(text or b"")
        block = b"".join(text or b"" for text in texts)
        return place("I", offsets), place("I", [len(text or b"") for text in texts]), place("B", block), len(block)

    # Events.

    def _skip(self):
        self._lines += 1  # an empty line is one, too
        self._bytes += 1
        return False

    def _read(self, text):
        self._lines += 1
        try:
            event = self._read_event(text)
            self._bytes += len(text.encode("utf-8", "surrogateescape")) + 1
            return event
        except ValueError as error:
            raise ValueError(f"line {self._lines}: {error}") from None

    def _read_event(self, text):
        event = _exact_json.read(text)
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise ValueError("type: expected a string")
        model = event.get("model")
        names = [model.get(key) for key in ("name", "version", "deployed_at")] if isinstance(model, dict) else [None]
        if not all(isinstance(name, str) for name in names):
            raise ValueError("model: expected an object with name, version and deployed_at")
        kind = self._kind(event["type"])
        at = _TIMES.get(kind, "at")
        for name, value in (("model.deployed_at", names[2]), (at, event.get(at))):
            if not isinstance(value, str) or _times.unix_ns(value) is None:
                raise ValueError(f"{name}: expected a time such as 2026-01-31T08:00:00Z")
        seen = event["type"] in self._subscribed
        if kind >= 16 and not seen:
            raise ValueError("type: the observer does not subscribe to it, and mlmon does not know it")
        return _Event(event, text, self._intern(*names), kind, _times.unix_ns(event[at]), self._lines, self._bytes,
                      seen)

    def _kind(self, name):
        if name in _OWN:
            return _OWN[name]
        if name not in self._types:
            self._types.append(name)
        return 16 + self._types.index(name)

    def _type(self, kind):
        return self._types[kind - 16] if kind >= 16 else list(_OWN)[kind - 1]

    def _intern(self, *names):
        for model in self._models:
            if (model.name, model.version, model.deployed_at) == names:
                return model.handle
        self._models.append(Model(len(self._models) + 1, *names))
        self._child.models.append(self._models[-1])
        return len(self._models)

    def _model_named(self, name):
        for model in self._models:
            if model.name == name:
                return model
        raise KeyError(name)

    def _handle(self, name):
        return 0 if name is None else self._model_named(name).handle

    # The connection of the child: what the observer asks for.

    def ask(self, kind, *parts):
        """(code, number, text), as mlmon answers."""
        reader = f.Reader(b"".join(parts))
        if kind == f.ACT:
            row, model = reader.numbers("II")
            of, rule, state, fields = (reader.text() for _ in range(4))
            self._name(of, "act")
            self._decide(self.actions, "act", row, model, of, rule, fields, state=state)
            return 0, 0, f"action-{len(self.actions)}".encode()
        if kind == f.PROJECT:
            column = reader.number("I"), reader.text(), reader.text()
            if column[1] and not column[1].startswith("/"):
                self._refuse("fields", 'expected a JSON pointer, such as "/metrics/auc"')
            self._projections.append(column)
            return 0, len(self._projections) - 1, b""
        if kind == f.COUNTER:
            self._counters.append(self._name(reader.text(), "counters"))
            return 0, len(self._counters) - 1, b""
        if kind == f.TICK_EVERY:
            self._period_ns = reader.number("q")
            return 0, 0, b""
        if kind == f.KIND:
            return 0, 0, self._type(reader.number("I")).encode()
        assert kind == f.RAW, kind
        return 0, 0, self._raw[reader.number("I")].encode("utf-8", "surrogateescape")

    def send(self, kind, *parts):
        """What mlmon does not answer."""
        reader = f.Reader(b"".join(parts))
        if kind == f.LOG:
            reader.number("i")
            self.log.append(reader.text())
        elif kind == f.SUPPRESS:
            row, model, has_until, until = reader.numbers("IIIq")
            of, rule, why, fields = (reader.text() for _ in range(4))
            self._decide(self.suppressed, "suppress", row, model, of, rule, fields, why=why,
                         until_ns=until if has_until else None)
        elif kind == f.EMIT:
            row, model = reader.numbers("II")
            of, fields = reader.text(), reader.text()
            if of not in self._class.emits.split():
                self._refuse("emit", "the class does not emit this type")
            self._decide(self.emitted, "emit", row, model, of, of, fields)
        elif kind == f.PUT:
            model, key, value = reader.number("I"), reader.text(), reader.text()
            self._may_keep(key)
            if len(value.encode("utf-8", "surrogateescape")) > 1 << 20:
                self._refuse("state", "the value has more than 1 MiB")
            self._kept[model, key] = value
        elif kind == f.DELETE:
            model, key = reader.number("I"), reader.text()
            self._may_keep(key)
            self._kept.pop((model, key), None)

    def flush(self):
        pass

    def _decide(self, into, service, row, model, of, rule, fields, **more):
        if self._phase not in ("batch", "tick"):
            self._refuse(service, "only during on_event, on_batch and on_tick")
        if not of or not rule:
            self._refuse(service, "the type is empty" if not of else "the rule is empty")
        if len(fields) > 256 * 1024:
            self._refuse(service, "the fields have more than 256 KiB")
        fields = json.loads(fields or "{}")
        taken = [name for name in fields if name in (_DERIVED if service == "emit" else _ACTED)]
        if taken:
            self._refuse(service, f'fields: "{taken[0]}" is the host\'s')
        time_ns, line = self._rows[row]
        about = self._models[model - 1]
        into.append(Decision(of, rule, more.pop("state", ""), fields, about.name, about.version,
                             about.deployed_at, time_ns, line, **more))

    def _may_keep(self, key):
        if self._phase not in ("batch", "tick", "migrate"):
            self._refuse("state", "only during on_event, on_batch, on_tick and migrate")
        if not 0 < len(key.encode("utf-8", "surrogateescape")) <= 1024:
            self._refuse("state", "expected a key of 1 byte to 1 KiB")
        if key.startswith("mlmon:"):
            self._refuse("state", "keys that begin with mlmon: are the host's")

    def _name(self, name, service):
        if not re.fullmatch("[a-z0-9_]+", name):
            self._refuse(service, f"expected a name of a-z, 0-9 and _, got {name!r}")
        return name

    @staticmethod
    def _refuse(service, why):
        raise HostError(f"{service}: {why}")
