"""A network that can be cut, slow or silent, between programs on loopback."""

import socket
import threading
import time


class Proxy:
    """Passes connections on to a port, until the test ends. `target` may be set later."""

    def __init__(self, test, target=None):
        self.target = target
        self.delay = 0  # seconds, of each piece that is passed on
        self.links = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        test.addCleanup(self.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Closes all connections."""
        for link in self.links:
            link.close()
        self.links = []

    def silence(self):
        """Of all connections that there are nothing is passed on any more, and none is closed: they are half open."""
        for link in self.links:
            link.silent = True

    def close(self):
        self.listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.links.append(Link(self, client, server))


class Link:
    def __init__(self, proxy, client, server):
        self.proxy, self.ends, self.silent = proxy, (client, server), False
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source, sink):
        try:
            while data := source.recv(65536):
                if self.proxy.delay:
                    time.sleep(self.proxy.delay)
                if not self.silent:
                    sink.sendall(data)
        except OSError:
            pass
        if not self.silent:
            self.close()

    def close(self):
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
