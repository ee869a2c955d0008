"""The frames between mlmon and the process of an observer, as sdk/PROTOCOL.md has them."""

import struct

VERSION = 1
SOCKET, MEMORY = 3, 4  # file descriptors

# From the observer's process.
HELLO, RETURN, LOG, ACT, SUPPRESS, EMIT, PUT, DELETE = 1, 2, 3, 4, 5, 6, 7, 8
PROJECT, SUBSCRIBE, COUNTER, TICK_EVERY, KIND, RAW, EXPLANATION = 9, 10, 11, 12, 13, 14, 15
# From mlmon.
CREATE, MODELS, STATE, BATCH, TICK, FINISH, MIGRATE, ANSWER, DESTROY = 101, 102, 103, 104, 105, 106, 107, 108, 109
EXPLAIN = 110

HAS_TICK, HAS_FINISH, HAS_MIGRATE, WANTS_RAW, OBSERVES, DELIVERS, DENSE, HAS_EXPLAIN = 1, 2, 4, 8, 16, 32, 64, 128

HEAD = struct.Struct("<II")


def text(value):
    """A text as it stands in a frame."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    return struct.pack("<I", len(value)) + value


def frame(kind, *parts):
    content = b"".join(parts)
    return HEAD.pack(len(content), kind) + content


class Reader:
    """The content of a frame."""

    def __init__(self, content):
        self.content, self.at = content, 0

    def number(self, form):
        packed = struct.Struct("<" + form)
        [value] = packed.unpack_from(self.content, self.at)
        self.at += packed.size
        return value

    def numbers(self, form):
        packed = struct.Struct("<" + form)
        values = packed.unpack_from(self.content, self.at)
        self.at += packed.size
        return values

    def bytes(self):
        size = self.number("I")
        value = bytes(self.content[self.at:self.at + size])
        self.at += size
        return value

    def text(self):
        return self.bytes().decode("utf-8", "surrogateescape")


class Connection:
    """The socket to mlmon. What is sent waits until flush()."""

    def __init__(self, socket):
        self.socket = socket
        self.held = bytearray()
        self.out = []

    def send(self, kind, *parts):
        self.out.append(frame(kind, *parts))

    def flush(self):
        if self.out:
            self.socket.sendall(b"".join(self.out))
            self.out.clear()

    def receive(self):
        """(kind, Reader) of the next frame. EOFError: mlmon has gone."""
        while True:
            if len(self.held) >= HEAD.size:
                size, kind = HEAD.unpack_from(self.held)
                end = HEAD.size + size
                if len(self.held) >= end:
                    content = bytes(self.held[HEAD.size:end])
                    del self.held[:end]
                    return kind, Reader(content)
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError
            self.held += more

    def ask(self, kind, *parts):
        """Sends a question and gives what it is answered with: code, number and text."""
        self.send(kind, *parts)
        self.flush()
        answered, reader = self.receive()
        if answered != ANSWER:
            raise EOFError(f"expected an answer, got a frame of kind {answered}")
        code, number = reader.numbers("iI")
        return code, number, reader.bytes()
