"""The host's side of sdk/PROTOCOL.md, written from it alone: what mlmon is to the process of an observer."""

import fcntl
import os
import socket
import struct
import subprocess

HELLO, RETURN, LOG, ACT, SUPPRESS, EMIT, PUT, DELETE = range(1, 9)
PROJECT, SUBSCRIBE, COUNTER, TICK_EVERY, KIND, RAW = range(9, 15)
CREATE, MODELS, STATE, BATCH, TICK, FINISH, MIGRATE, ANSWER, DESTROY = range(101, 110)
SIZE = 1 << 30
NAN = float("nan")


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(value)) + value


class Content:
    def __init__(self, content):
        self.rest = content

    def take(self, form):
        size = struct.calcsize("<" + form)
        [value] = struct.unpack("<" + form, self.rest[:size])
        self.rest = self.rest[size:]
        return value

    def text(self):
        size = self.take("I")
        value, self.rest = self.rest[:size], self.rest[size:]
        return value.decode()


class Host:
    """Starts a program with the socket as 3 and the memory as 4, and writes down what it asks for."""

    def __init__(self, words, columns=()):
        ours, theirs = socket.socketpair()
        memory = os.memfd_create("batch")
        os.ftruncate(memory, SIZE)
        self.socket, self.memory = ours, memory
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs.fileno(), memory)]
        self.process = subprocess.Popen(["bash", "-c", 'exec 3<&"$1" 4<&"$2"; shift 2; exec "$@"', "bash",
                                         *map(str, high), *words], pass_fds=high, stderr=subprocess.PIPE)
        for fd in high:
            os.close(fd)
        theirs.close()
        self.held = b""
        self.said = []  # (kind, …) of what it asked for
        self.columns, self.counters = [], []
        self.lines = []
        self.answers = {}

    def close(self):
        """Its exit code, and what it wrote to stderr."""
        self.socket.close()
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, err.decode()

    def kill(self):
        self.socket.close()
        os.close(self.memory)
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def send(self, kind, *parts):
        content = b"".join(parts)
        self.socket.sendall(struct.pack("<II", len(content), kind) + content)

    def receive(self):
        while True:
            if len(self.held) >= 8:
                size, kind = struct.unpack("<II", self.held[:8])
                if len(self.held) >= 8 + size:
                    content, self.held = self.held[8:8 + size], self.held[8 + size:]
                    return kind, Content(content)
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError
            self.held += more

    def hello(self):
        kind, c = self.receive()
        if kind == RETURN:
            c.take("i")
            raise ValueError(c.text())
        assert kind == HELLO, kind
        about = {"protocol": c.take("I"), "has": c.take("I"), "state_version": c.take("I")}
        for key in ("id", "version", "summary", "schema"):
            about[key] = c.text()
        for key in ("subscribes", "emits"):
            about[key] = [c.text() for _ in range(c.take("I"))]
        assert not c.rest
        return about

    def call(self, kind, *parts):
        """(code, text, counts) that the call returned."""
        self.send(kind, *parts)
        while True:
            asked, c = self.receive()
            if asked == RETURN:
                result = c.take("i"), c.text(), {c.take("I"): c.take("Q") for _ in range(c.take("I"))}
                assert not c.rest
                return result
            self.serve(asked, c)

    def serve(self, kind, c):
        code, number, answer = 0, 0, ""
        if kind == LOG:
            self.said.append(("log", c.take("i"), c.text()))
            return
        if kind == ACT:
            row, model = c.take("I"), c.take("I")
            self.said.append(("act", row, model, c.text(), c.text(), c.text(), c.text()))
            answer = f"ID{len(self.said)}"
            code = self.answers.get("act", 0)
        elif kind == SUPPRESS:
            said = ("suppress", *(c.take("I") for _ in range(3)), c.take("q"), *(c.text() for _ in range(4)))
            self.said.append(said)
            return
        elif kind == EMIT:
            self.said.append(("emit", c.take("I"), c.take("I"), c.text(), c.text()))
            return
        elif kind == PUT:
            self.said.append(("put", c.take("I"), c.text(), c.text()))
            return
        elif kind == DELETE:
            self.said.append(("delete", c.take("I"), c.text()))
            return
        elif kind == PROJECT:
            self.columns.append((c.take("I"), c.text(), c.text()))
            number = len(self.columns) - 1
        elif kind == COUNTER:
            self.counters.append((c.text(), c.text()))
            number = len(self.counters) - 1
        elif kind == TICK_EVERY:
            self.said.append(("tick_every", c.take("q")))
        elif kind == SUBSCRIBE:
            self.said.append(("subscribe", c.text()))
            number = 16
        elif kind == KIND:
            number = c.take("I")
            answer = f"type-{number}"
        elif kind == RAW:
            number = c.take("I")
            answer = self.lines[number]
        else:
            raise AssertionError(f"a frame of kind {kind}")
        assert not c.rest, kind
        self.send(ANSWER, struct.pack("<iI", code, number), text(answer))

    def create(self, config, explaining=False):
        return self.call(CREATE, struct.pack("<I", explaining), text(config))

    def models(self, first, *models):
        parts = b"".join(text(name) + text(version) + text("2026-01-01T00:00:00Z") + struct.pack("<qI", 1767225600, 0)
                         for name, version in models)
        self.send(MODELS, struct.pack("<II", first, len(models)), parts)

    def state(self, model, items, begin=True):
        parts = b"".join(text(key) + text(value) for key, value in items.items())
        self.send(STATE, struct.pack("<III", model, begin, len(items)), parts)

    def batch(self, events, first_seq=1, flags=0):
        """Events as dicts: of the core columns, and of values of the projected ones by number."""
        at = 4096
        memory = self.memory

        def place(form, values):
            nonlocal at
            packed = struct.pack(f"<{len(values)}{form}", *values)
            os.pwrite(memory, packed, at)
            begun, at = at, at + (len(packed) + 63) // 64 * 64
            return begun

        def column(name, form, default):
            return place(form, [event.get(name, default) for event in events])

        self.lines = [event.get("raw", "{}") for event in events]
        n = len(events)
        places = [0, column("time_ns", "q", 0), column("model", "I", 1), column("kind", "I", 1)]
        places += [column(name, "d", NAN) for name in ("accuracy", "precision", "recall", "f1", "p_value", "magnitude")]
        places += [column("samples", "q", -1), column("line", "Q", 1), column("offset", "Q", 0), 0, 0, 0, 0]
        fields = b""
        for number, (kind, _, _) in enumerate(self.columns):
            values = [event.get(number) for event in events]
            if kind == 1:
                numbers = [v if isinstance(v, float) else NAN for v in values]
                fields += struct.pack("<IQQQQ", kind, place("d", numbers), 0, 0, 0)
            elif kind in (2, 3):
                whole = [-(1 << 63) if v is None else int(v) for v in values]
                fields += struct.pack("<IQQQQ", kind, place("q", whole), 0, 0, 0)
            else:
                texts = [None if v is None else (v if isinstance(v, str) else repr(v)).encode() for v in values]
                off, sizes, block = [], [], b""
                for one in texts:
                    off.append((1 << 32) - 1 if one is None else len(block))
                    sizes.append(len(one or b""))
                    block += one or b""
                offsets, lengths = place("I", off), place("I", sizes)
                begun = place("B", block)
                fields += struct.pack("<IQQQQ", kind, offsets, lengths, begun, len(block))
        head = struct.pack("<IIIIQQ17Q", flags, n, n, 0, first_seq, 0, *places)
        return self.call(BATCH, head, struct.pack("<I", len(self.columns)), fields)
