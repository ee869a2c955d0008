#!/usr/bin/env python3
"""An HTTP server that misbehaves, each path in its own way, and remembers what it was asked.

In a test: `with MisbehavingServer() as server: server.url("/hang")`. By hand: run this file, it prints
its URL and what comes in.
"""

import json
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    headers: dict  # names in lower case
    body: bytes
    at: float  # seconds on the monotonic clock

    @property
    def json(self):
        return json.loads(self.body)


def answer(status, body=b"", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection(socketserver.BaseRequestHandler):
    """One request. The n-th to its path is number n, from 1."""

    def handle(self):
        try:
            request = self.read()
            if request is None:
                return
            number = self.server.remember(request)
            behaviour = getattr(self, request.path.split("?")[0].strip("/"), self.unknown)
            behaviour(number)
        except OSError:
            pass  # the client has gone

    def read(self):
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.request.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, body = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += self.request.recv(65536)
        return Request(method, path, headers, body, time.monotonic())

    def say(self, data):
        self.request.sendall(data)

    def until_closed(self):
        while not self.server.ending.is_set() and self.request.recv(65536):
            pass

    def unknown(self, _):
        self.say(answer("404 Not Found"))

    def ok(self, _):
        self.say(answer("202 Accepted"))

    def hang(self, _):
        self.until_closed()

    def drip(self, _):
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not self.server.ending.wait(1):
            self.say(b".")

    def drip_head(self, _):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
            self.say(bytes([byte]))
            if self.server.ending.wait(1):
                return

    def reset(self, _):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()

    def early(self, _):
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")

    def silent(self, _):
        """Closes without a word."""

    def gigabyte(self, _):
        self.flood(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b"x" * (1 << 20), 1024)

    def many_headers(self, _):
        self.flood(b"HTTP/1.1 200 OK\r\n", (b"X-Filler: " + b"x" * 1000 + b"\r\n") * 1000, 1000)

    def flood(self, head, block, times):
        self.say(head)
        for _ in range(times):
            self.say(block)
        self.server.floods_taken += 1

    def circle(self, _):
        self.say(answer("302 Found", Location="/circle"))

    def busy(self, number):
        self.say(answer("429 Too Many Requests", b"slow down", Retry_After="1") if number == 1
                 else answer("200 OK"))

    def later_from_the_eleventh(self, number):
        self.ok(number) if number <= 10 else self.later(number)

    def later(self, _):
        self.say(answer("503 Service Unavailable", b"not now", Retry_After="3600"))

    def busy_until(self, number):
        """Until a date, the third second from now on, which tells whole seconds."""
        later = formatdate(time.time() + 3, usegmt=True)
        self.say(answer("429 Too Many Requests", b"not yet", Retry_After=later) if number == 1
                 else answer("200 OK"))

    def flaky(self, number):
        self.say(answer("500 Internal Server Error", b"try again") if number == 1
                 else answer("200 OK"))

    def refuse(self, _):
        self.say(answer("400 Bad Request", b"no such team \x1b[31m" + b"x" * 100_000))

    def conflict(self, _):
        self.say(answer("409 Conflict", b"known"))

    def mail(self, _):
        self.say(b"220 mail.example ESMTP\r\n")


class MisbehavingServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, certificate=None):
        """`certificate`: the path of a PEM file with key and certificate, for TLS."""
        self.certificate = certificate
        self.ending = threading.Event()
        self.floods_taken = 0  # by clients that read them to the end
        self.lock = threading.Lock()
        self.all_requests = []
        super().__init__(("127.0.0.1", 0), Connection)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.shutdown()
        self.server_close()

    def finish_request(self, request, client_address):
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            try:
                request = context.wrap_socket(request, server_side=True)
            except OSError:
                return  # the client does not trust us
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        pass

    def remember(self, request):
        with self.lock:
            self.all_requests.append(request)
            return sum(other.path == request.path for other in self.all_requests)

    def requests(self, path):
        with self.lock:
            return [request for request in self.all_requests if request.path == path]

    def url(self, path):
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self.server_address[1]}{path}"


def make_certificate(folder, name="127.0.0.1"):
    """Paths of (key with certificate, certificate), self-signed, for the address."""
    both, public = Path(folder) / "both.pem", Path(folder) / "public.pem"
    key = Path(folder) / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", key, "-out", public, "-days", "2", "-subj", "/CN=mlmon test",
                    "-addext", f"subjectAltName=IP:{name}"], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both, public


if __name__ == "__main__":
    with MisbehavingServer() as playground:
        print(playground.url("/"), flush=True)
        shown = 0
        while True:
            time.sleep(0.1)
            for request in playground.all_requests[shown:]:
                print(request.method, request.path, request.body.decode("utf-8", "replace"), flush=True)
                shown += 1
