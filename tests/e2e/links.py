"""Connections to a node that stay: a WebSocket and a Unix socket, with just
enough of RFC 6455 to speak to a server and to misbehave. Standard library only.
"""
import base64
import json
import os
import select
import socket
import struct
import time

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION, FINAL = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0, 0x80
SECONDS_MAX = 20


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Closed(Exception):
    """The server has closed; code is None where it said none."""

    def __init__(self, code=None, reason=""):
        super().__init__(f"closed: {code} {reason}")
        self.code, self.reason = code, reason


class Link:
    """What both kinds share: calls by id, and what comes unasked."""

    def __init__(self):
        self.last_id, self.unasked = 0, []

    def begin(self, method, *params):
        self.last_id += 1
        self.send_text(json.dumps({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}))
        return self.last_id

    def receive(self):
        return json.loads(self.receive_text())

    def answer(self, wanted):
        """The reply to an id; what comes unasked meanwhile is kept."""
        while True:
            reply = self.receive()
            if isinstance(reply, dict) and "method" in reply:
                self.unasked.append(reply)
            elif reply["id"] == wanted:
                return reply
            else:
                raise AssertionError(f"a reply to {reply['id']}, not to {wanted}")

    def ask(self, method, *params):
        return self.answer(self.begin(method, *params))

    def call(self, method, *params):
        reply = self.ask(method, *params)
        if "error" in reply:
            raise AssertionError(reply["error"])
        return reply["result"]

    def told(self, seconds=SECONDS_MAX):
        """The next thing that comes unasked."""
        if not self.unasked:
            if not self.readable(seconds):
                raise AssertionError("nothing came")
            return self.receive()
        return self.unasked.pop(0)

    def readable(self, seconds):
        return bool(self.rest) or bool(select.select([self.socket], [], [], seconds)[0])

    def close(self):
        self.socket.close()


class WebSocket(Link):
    def __init__(self, port, headers=(), receive_bytes=0):
        super().__init__()
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(SECONDS_MAX)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fields = {"Host": f"127.0.0.1:{port}", "Connection": "Upgrade", "Upgrade": "websocket",
                  "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
        fields.update(headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
        self.socket.sendall(f"GET / HTTP/1.1\r\n{head}\r\n".encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 101:
            self.socket.close()
            raise Refused(status, self.rest.decode())

    def _more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise Closed()
        self.rest += data

    def _take(self, count):
        while len(self.rest) < count:
            self._more()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    @staticmethod
    def frame(opcode, data=b"", final=True):
        mask = os.urandom(4)
        size = len(data)
        head = bytes([opcode | (FINAL if final else 0)])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        masked = (int.from_bytes(data, "big") ^ key).to_bytes(size, "big") if size else b""
        return head + mask + masked

    def send_frame(self, opcode, data=b"", final=True):
        self.socket.sendall(self.frame(opcode, data, final))

    def send_text(self, text):
        self.send_frame(TEXT, text.encode() if isinstance(text, str) else text)

    def receive_frame(self):
        first, size = self._take(2)
        if size == 126:
            size = struct.unpack(">H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._take(8))[0]
        return first & 0xF, self._take(size)

    def receive_text(self):
        """The next text; pings are answered."""
        while True:
            opcode, data = self.receive_frame()
            if opcode == PING:
                self.send_frame(PONG, data)
            elif opcode == CLOSE:
                raise Closed(struct.unpack(">H", data[:2])[0] if data else None, data[2:].decode())
            elif opcode == TEXT:
                return data.decode()


class UnixSocket(Link):
    def __init__(self, path):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS_MAX)
        self.socket.connect(path)
        self.rest = b""

    def send_text(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def receive_text(self):
        while b"\n" not in self.rest:
            data = self.socket.recv(1 << 16)
            if not data:
                raise Closed()
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode()


def wait_until(fact, seconds=SECONDS_MAX):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if fact():
            return True
        time.sleep(0.01)
    return False
