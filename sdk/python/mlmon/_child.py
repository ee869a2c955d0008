"""The process of an observer in Python: what mlmon asks for by frames, the observer is called with."""

import importlib.util
import json
import mmap
import os
import resource  # noqa: F401  (loaded before memory is limited)
import socket
import struct
import sys
import traceback

from . import _frames as f
from . import _values
from .observer import Batch, Event, HostError, Model, Observer, State, Tick

_OK, _FAILED, _UNSUPPORTED, _NOMEM = 0, -1, -3, -4

_NUMBER, _INTEGER, _BOOLEAN, _TEXT, _JSON = 1, 2, 3, 4, 5
_TYPES = {float: _NUMBER, int: _INTEGER, bool: _BOOLEAN, str: _TEXT, object: _JSON}
_ABSENT_INTEGER, _ABSENT_TEXT = -(1 << 63), (1 << 32) - 1

_COLUMNS = (("time_ns", "q", 8), ("model", "I", 4), ("kind", "I", 4), ("accuracy", "d", 8), ("precision", "d", 8),
            ("recall", "d", 8), ("f1", "d", 8), ("p_value", "d", 8), ("magnitude", "d", 8), ("samples", "q", 8),
            ("line", "Q", 8), ("offset", "Q", 8))
_BATCH_HEAD = struct.Struct("<4I2Q17QI")
_BATCH_FIELD = struct.Struct("<I4Q")
# Names that a member of `fields` cannot have.
_OF_EVERY_EVENT = {"batch", "row", "models", "flags", "size", "first_seq", "dropped", *(name for name, *_ in _COLUMNS)}


class _Log:
    """What is printed goes to mlmon's log, line by line."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, child):
        self.child, self.rest = child, ""

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.child.log(_values.LEVELS["warning"], line)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True


class Child:
    """Host and observer in one place: what the observer's methods ask for, too."""

    def __init__(self, observer_class, connection, memory):
        self.observer_class, self.connection, self.memory = observer_class, connection, memory
        self.by_event = observer_class.on_batch is Observer.on_batch
        self.schema = _values.schema_of(observer_class.config)
        self.models = [None]
        self.kinds = {1: "metrics", 2: "drift", 3: "job"}
        self.observer = None
        self.batch = None
        self.row = None
        self.phase = ""
        self.explaining = False
        self.last_id = None
        self.counter_numbers, self.counts = {}, {}
        self.columns = {}
        self.event_class = type("Event", (Event,), {"__slots__": ()})

    # What the class is.

    def hello(self):
        cls = self.observer_class
        has = f.OBSERVES | f.DENSE
        has |= f.HAS_TICK if cls.on_tick is not Observer.on_tick else 0
        has |= f.HAS_FINISH if cls.on_finish is not Observer.on_finish else 0
        has |= f.HAS_MIGRATE if cls.migrate is not Observer.migrate else 0
        has |= f.HAS_EXPLAIN if cls.explain is not Observer.explain else 0
        summary = (cls.__doc__ or "an observer in Python").strip().splitlines()[0]
        subscribes = "metrics drift job" if cls.subscribes is None else cls.subscribes
        self.connection.send(
            f.HELLO, struct.pack("<III", f.VERSION, has, cls.state_version),
            f.text(getattr(cls, "id", f"python.{cls.__module__}.{cls.__qualname__}")), f.text(str(cls.version)),
            f.text(summary), f.text(json.dumps(self.schema)), *_types(subscribes), *_types(cls.emits))
        self.connection.flush()

    # Calls.

    def run(self):
        while True:
            kind, reader = self.connection.receive()
            if kind == f.DESTROY:
                return
            if kind == f.MODELS:
                self.take_models(reader)
            elif kind == f.STATE:
                self.take_state(reader)
            else:
                self.call(kind, reader)

    def call(self, kind, reader):
        code, text = _OK, ""
        try:
            if kind == f.CREATE:
                self.create(reader)
            elif kind == f.BATCH:
                self.on_batch(reader)
            elif kind == f.TICK:
                self.phase = "tick"
                self.observer.on_tick(Tick(reader.number("q")))
            elif kind == f.FINISH:
                self.observer.on_finish()
            elif kind == f.MIGRATE:
                from_version = reader.number("I")
                if self.observer.migrate(from_version) is False:
                    code, text = _UNSUPPORTED, f"state of version {from_version} is of no use"
            elif kind == f.EXPLAIN:
                said = self.observer.explain(self.models[reader.number("I")])
                self.connection.send(f.EXPLANATION, f.text("" if said is None else json.dumps(said, default=_values.plain)))
            else:
                raise EOFError(f"a frame of the unknown kind {kind}")
        except HostError as error:
            code, text = error.args[0], ""  # mlmon has the text
        except MemoryError:
            code, text = _NOMEM, "out of memory"
        except EOFError:
            raise
        except BaseException as error:  # SystemExit too: it ends the observer, not more
            if isinstance(error, SystemExit):
                raise
            code, text = _FAILED, self.tell(error)
        self.batch, self.row, self.phase = None, None, ""
        counts, self.counts = self.counts, {}
        packed = [struct.pack("<IQ", number, more) for number, more in counts.items()]
        self.connection.send(f.RETURN, struct.pack("<i", code), f.text(text), struct.pack("<I", len(packed)), *packed)
        self.connection.flush()

    def tell(self, error):
        """Logs the traceback of the observer's own frames; the last of them in one line."""
        frames = [frame for frame in traceback.extract_tb(error.__traceback__)
                  if os.path.dirname(os.path.abspath(frame.filename)) != os.path.dirname(os.path.abspath(__file__))]
        lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames),
                 *traceback.format_exception_only(type(error), error)]
        for line in "".join(lines).rstrip().split("\n"):
            self.log(_values.LEVELS["error"], line)
        what = f"{type(error).__name__}: {error}"
        return f"{what} ({frames[-1].filename}:{frames[-1].lineno}, in {frames[-1].name})" if frames else what

    def create(self, reader):
        self.explaining = reader.number("I") != 0
        config = json.loads(reader.text())
        cls = self.observer_class
        observer = self.observer = cls.__new__(cls)
        observer._child = self
        observer.config = _values.Config(config, self.schema)
        observer.state = self.state
        self.ask_for_fields(observer.fields() if callable(cls.fields) else cls.fields)
        for name, text in dict(cls.counters).items():
            self.counter_numbers[name] = self.ask(f.COUNTER, f.text(name), f.text(text))
        tick_every = observer.tick_every() if callable(cls.tick_every) else cls.tick_every
        if tick_every is not None:
            self.ask(f.TICK_EVERY, struct.pack("<q", _values.duration_ns(tick_every)))
        observer.__init__()

    def ask_for_fields(self, fields):
        """Figures for on_batch; on_event has a value as its JSON is, so it needs that too."""
        for i, (name, *_) in enumerate(_COLUMNS):
            self.columns[name] = _core_column(i)
        for name, field in fields.items():
            if name in _OF_EVERY_EVENT or hasattr(Event, name) or hasattr(Batch, name):
                raise ValueError(f"fields: {name}: is a member of every event or batch; expected another name")
            pointer, kind, event_type = (*((field,) if isinstance(field, str) else field), None, None)[:3]
            if kind is not None and kind not in _TYPES:
                raise TypeError(f"fields: {name}: expected float, int, bool, str or object, got {kind!r}")

            def column(kind, pointer=pointer, event_type=event_type):
                return self.ask(f.PROJECT, struct.pack("<I", kind), f.text(pointer), f.text(event_type or ""))

            number = column(_TYPES[kind or float])
            self.columns[name] = _field_column(number, _TYPES[kind or float])
            exact = None
            if self.by_event and kind is None:
                exact = "json of " + name
                self.columns[exact] = _field_column(column(_JSON), _JSON)
            setattr(self.event_class, name, _member(name, exact, _TYPES[kind or float]))

    def on_batch(self, reader):
        *head, n = _BATCH_HEAD.unpack_from(reader.content)
        flags, rows, _, _, first_seq, dropped, _ = head[:7]
        at = _BATCH_HEAD.size
        projected = []
        for _ in range(n):
            projected.append(_BATCH_FIELD.unpack_from(reader.content, at))
            at += _BATCH_FIELD.size
        batch = Batch(self, (flags, rows, first_seq, dropped), self.columns, self.memory)
        batch._places, batch._fields = head[7:19], projected
        self.batch, self.phase = batch, "batch"
        self.observer.on_batch(batch)

    def take_models(self, reader):
        first, n = reader.numbers("II")
        for handle in range(first, first + n):
            name, version, deployed_at = reader.text(), reader.text(), reader.text()
            reader.numbers("qI")
            self.models.append(Model(handle, name, version, deployed_at))

    def take_state(self, reader):
        model, begin, n = reader.numbers("III")
        items = [(reader.text(), reader.text()) for _ in range(n)]
        self.state._load(model, begin, items)

    # What the observer asks for.

    def place(self, model, row):
        """Row and model handle of what is decided."""
        if self.phase == "tick":
            if model is None:
                raise TypeError("in on_tick: expected model=, the model that it is about")
            return 0, model.handle
        row = self.row if row is None else int(row)
        if row is None and self.phase == "batch":
            raise TypeError("in on_batch: expected row=, the event that is the reason")
        if row is None or self.batch is None:
            return 0, model.handle if model is not None else 1  # mlmon refuses it
        if not 0 <= row < len(self.batch):
            raise IndexError(f"row {row} of {len(self.batch)}")
        return row, model.handle if model is not None else self.batch.model[row]

    def ask(self, kind, *parts):
        code, number, _ = self.connection.ask(kind, *parts)
        if code < 0:
            raise HostError(code)
        return number

    def act(self, row, model, *texts):
        code, _, action_id = self.connection.ask(f.ACT, struct.pack("<II", row, model), *map(f.text, texts))
        if code < 0:
            raise HostError(code)
        self.last_id = action_id.decode()
        return code > 0

    def suppress(self, row, model, of, rule, why, until, fields):
        head = struct.pack("<IIIq", row, model, until is not None, until or 0)
        self.connection.send(f.SUPPRESS, head, *map(f.text, (of, rule, why, fields)))

    def emit(self, row, model, *texts):
        self.connection.send(f.EMIT, struct.pack("<II", row, model), *map(f.text, texts))

    def put(self, model, key, value):
        self.connection.send(f.PUT, struct.pack("<I", model), f.text(key), f.text(value))

    def delete(self, model, key):
        self.connection.send(f.DELETE, struct.pack("<I", model), f.text(key))

    def count(self, counter, more):
        number = self.counter_numbers[counter]
        self.counts[number] = self.counts.get(number, 0) + int(more)

    def log(self, level, text):
        self.connection.send(f.LOG, struct.pack("<i", level), f.text(text))
        self.connection.flush()

    def type_of(self, kind):
        if kind not in self.kinds:
            code, _, name = self.connection.ask(f.KIND, struct.pack("<I", kind))
            self.kinds[kind] = name.decode() if code >= 0 else ""  # of a type that is not asked for
        return self.kinds[kind]

    def raw(self, row):
        code, _, text = self.connection.ask(f.RAW, struct.pack("<I", row))
        if code < 0:
            raise HostError(code)
        return text.decode("utf-8", "surrogateescape")


def _types(types):
    names = types.split()
    return (struct.pack("<I", len(names)), *map(f.text, names))


def _core_column(i):
    _, form, size = _COLUMNS[i]

    def make(batch):
        at = batch._places[i]
        return batch._memory[at:at + size * batch.size].cast(form)

    return make


def _field_column(number, kind):
    def make(batch):
        _, values, lengths, text, text_size = batch._fields[number]
        memory, n = batch._memory, batch.size
        if kind == _NUMBER:
            return memory[values:values + 8 * n].cast("d")
        if kind == _INTEGER:
            return memory[values:values + 8 * n].cast("q")
        if kind == _BOOLEAN:
            flags = memory[values:values + 8 * n].cast("q")
            return [None if flag == _ABSENT_INTEGER else bool(flag) for flag in flags]
        offsets = memory[values:values + 4 * n].cast("I")
        sizes = memory[lengths:lengths + 4 * n].cast("I")
        block = bytes(memory[text:text + text_size])
        texts = [None if at == _ABSENT_TEXT else block[at:at + size].decode("utf-8", "surrogateescape")
                 for at, size in zip(offsets, sizes)]
        return texts if kind == _TEXT else [None if one is None else json.loads(one) for one in texts]

    return make


def _member(name, exact, kind):
    """The property of an event that a field is."""
    def number(self):
        value = getattr(self.batch, name)[self.row]
        if value == value:
            return value
        return getattr(self.batch, exact)[self.row] if exact else None

    def integer(self):
        value = getattr(self.batch, name)[self.row]
        return None if value == _ABSENT_INTEGER else value

    def other(self):
        return getattr(self.batch, name)[self.row]

    return property(number if kind == _NUMBER else integer if kind == _INTEGER else other)


def load(path):
    """The one subclass of Observer that the file defines."""
    folder, name = os.path.split(os.path.abspath(path))
    sys.path.insert(1, folder)
    spec = importlib.util.spec_from_file_location(os.path.splitext(name)[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(spec.name, module)
    spec.loader.exec_module(module)
    found = [value for value in vars(module).values()
             if isinstance(value, type) and issubclass(value, Observer) and value.__module__ == spec.name]
    if len(found) != 1:
        names = ", ".join(cls.__name__ for cls in found) or "none"
        raise TypeError(f"expected one subclass of mlmon.Observer, found {names}")
    return found[0]


def main(path):
    connection = f.Connection(socket.socket(fileno=f.SOCKET))
    os.set_inheritable(f.MEMORY, False)
    region = memoryview(mmap.mmap(f.MEMORY, 1 << 30, mmap.MAP_SHARED, mmap.PROT_READ))
    try:
        child = Child(load(path), connection, region)
        child.state = State(child)
    except BaseException as error:
        traceback.print_exception(type(error), error, error.__traceback__)
        connection.send(f.RETURN, struct.pack("<i", _FAILED), f.text(f"{type(error).__name__}: {error}"),
                        struct.pack("<I", 0))
        connection.flush()
        return 1
    sys.stdout = _Log(child)
    try:
        child.hello()
        child.run()
    except (EOFError, ConnectionError):
        return 1  # mlmon has gone
    return 0
