#!/usr/bin/env python3
"""What a hostile client does, against the running daemon. Each test holds the
daemon to three things: its memory stays bounded, an honest client is served
meanwhile, and the log names the limit that was met.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd; ABUSE_SECONDS, how long floods
last (2).
"""
import json
import os
import pathlib
import random
import resource
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "e2e")]
from links import CONTINUATION, PING, TEXT, Closed, Refused, WebSocket, wait_until  # noqa: E402
from node_client import Client, Node  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
SECONDS = float(os.environ.get("ABUSE_SECONDS", "2"))
MIB = 1 << 20
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
TARGET = "0x" + "77" * 20
# A slow answer of an honest call; a busy machine is slow by itself.
PATIENCE_SECONDS = 2.0


def request(body):
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def rpc(method, *params, number=1):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}


class AbuseTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-abuse-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.sockets = []
        self.addCleanup(lambda: [one.close() for one in self.sockets])

    def start(self, *options):
        node = Node([LOFTD, "--port", "0", "--temporary", "--quiet", *options], self.folder)
        self.addCleanup(node.kill)
        node.start()
        self.rest = self.memory(node)
        return node

    def memory(self, node, what="VmRSS"):
        with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(what + ":")) * 1024

    def dial(self, node, *, patience=20):
        one = socket.create_connection(("127.0.0.1", node.port), timeout=patience)
        self.sockets.append(one)
        return one

    def ask(self, node, body, patience=60):
        """One request over a connection of its own: status and body."""
        with socket.create_connection(("127.0.0.1", node.port), timeout=patience) as one:
            try:
                one.sendall(request(body) if not body.startswith(b"POST") else body)
            except OSError:
                pass  # refused before all of it has left
            data = b""
            while b"\r\n\r\n" not in data:
                more = one.recv(1 << 16)
                if not more:
                    return 0, data
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            size = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                         if line.lower().startswith(b"content-length:")), 0)
            while len(data) < size:
                more = one.recv(1 << 16)
                if not more:
                    break
                data += more
            return int(head.split()[1]), data

    def assert_honest(self, node, slowest=PATIENCE_SECONDS):
        """A new client gets its answer, and soon."""
        began = time.monotonic()
        self.assertEqual(Client(node.port).number("eth_chainId"), 31337)
        self.assertLess(time.monotonic() - began, slowest)

    def assert_memory(self, node, more, peak=True):
        """What the daemon has taken beyond what it had at rest."""
        if not node.is_sanitized():
            self.assertLess(self.memory(node, "VmHWM" if peak else "VmRSS") - self.rest, more)

    def assert_named(self, node, limit):
        self.assertTrue(wait_until(lambda: limit in node.log()), f"{limit} not in:\n{node.log()[-2000:]}")

    def while_honest(self, node, attack):
        """Runs the attack on a thread of its own; the slowest honest answer."""
        thread = threading.Thread(target=attack)
        slowest, client = 0.0, Client(node.port)
        thread.start()
        while thread.is_alive():
            began = time.monotonic()
            self.assertEqual(client.number("eth_blockNumber"), 0)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.002)
        thread.join()
        return slowest


class Connections(AbuseTest):
    def test_slow_heads_and_bodies_are_cut_off(self):
        node = self.start("--idle-seconds-max", "1", "--connections-max", "64")
        slow = [self.dial(node) for _ in range(40)]
        for number, one in enumerate(slow):
            one.sendall(HEAD + (b"Content-Length: 1000\r\n\r\n" if number % 2 else b"X-Slow: "))
        alive, until = list(slow), time.monotonic() + 10
        while alive and time.monotonic() < until:
            for one in list(alive):
                try:
                    one.sendall(b"x")
                except OSError:
                    alive.remove(one)
            self.assert_honest(node)
            time.sleep(0.1)
        self.assertEqual(alive, [])
        self.assert_named(node, "idle-seconds-max")
        self.assertEqual(node.stop(), 0)

    def test_answers_that_nobody_takes_are_dropped(self):
        node = self.start("--idle-seconds-max", "1")
        code = {TARGET: {"code": "0x624000006000f3"}}  # four million zeros
        body = request(json.dumps(rpc("eth_call", {"to": TARGET}, "latest", code)).encode())
        slow = []
        for _ in range(20):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", node.port))
            self.sockets.append(one)
            one.sendall(body)
            slow.append(one)
        until = time.monotonic() + 4
        while time.monotonic() < until:
            for one in slow:
                try:
                    one.settimeout(0.01)
                    one.recv(1)
                except OSError:
                    pass
            self.assert_honest(node)
        self.assert_named(node, "an answer not taken")
        self.assert_memory(node, 400 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_ten_thousand_idle_connections_keep_nobody_out(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(11_000, hard)
        count = wanted - 1000
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for room in (count + 100, 512):
            with self.subTest(connections_max=room):
                node = self.start("--connections-max", str(room))
                idle = []
                for _ in range(count):
                    one = socket.socket()
                    one.settimeout(20)
                    one.connect(("127.0.0.1", node.port))
                    idle.append(one)
                    if len(idle) % 1000 == 0:
                        self.assert_honest(node)
                self.assert_honest(node)
                self.assert_memory(node, 256 * MIB)
                if room == 512:
                    self.assert_named(node, "limit=connections-max")
                for one in idle:
                    one.close()
                self.assert_honest(node)
                self.assertEqual(node.stop(), 0)

    def test_clients_that_vanish_in_the_middle_do_no_harm(self):
        node = self.start("--connections-max", "64")
        reset = struct.pack("ii", 1, 0)  # SO_LINGER: close sends a reset
        pieces = (b"", b"POST", HEAD, request(b"{"), request(json.dumps(rpc("eth_accounts")).encode()),
                  HEAD + b"Content-Length: 100000\r\n\r\n" + b"[" * 1000)

        def flood():
            until, number = time.monotonic() + SECONDS, 0
            while time.monotonic() < until:
                with socket.create_connection(("127.0.0.1", node.port), timeout=20) as one:
                    if number % 2:
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                    one.sendall(pieces[number % len(pieces)])
                number += 1

        self.assertLess(self.while_honest(node, flood), PATIENCE_SECONDS)
        self.assert_memory(node, 64 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_foreign_names_and_origins_get_nothing(self):
        node = self.start()
        body = json.dumps(rpc("eth_accounts")).encode()
        for fields in (b"Host: attacker.example", b"Host: localhost.attacker.example", b"Host: 127.0.0.1.nip.example",
                       b"Host: localhost\r\nOrigin: http://attacker.example",
                       b"Host: localhost\r\nOrigin: http://localhost.attacker.example",
                       b"Host: localhost\r\nOrigin: null"):
            status, data = self.ask(node, b"POST / HTTP/1.1\r\n" + fields + b"\r\nContent-Length: %d\r\n\r\n" % len(body) +
                                    body)
            self.assertEqual(status, 403, fields)
            self.assertNotIn(b"0xf39", data.lower())
        for headers in ({"Host": "attacker.example"}, {"Origin": "http://attacker.example"}, {"Origin": "null"}):
            with self.assertRaises(Refused) as refusal:
                WebSocket(node.port, headers)
            self.assertEqual(refusal.exception.status, 403)
        self.assertEqual(node.stop(), 0)


class Requests(AbuseTest):
    def error(self, node, body):
        status, data = self.ask(node, body)
        self.assertEqual(status, 200, data[:200])
        return json.loads(data)["error"]

    def test_texts_over_a_limit_are_told_which(self):
        node = self.start()
        status, data = self.ask(node, b" " * (5 * MIB + 1))
        self.assertEqual(status, 413)
        self.assertIn(b"--body-bytes-max", data)
        self.assert_named(node, "limit=body-bytes-max")
        for body in (b"[" * 100, b"[" * MIB, b'{"a":' * MIB, b"[" * MIB + b"]" * MIB, b'[{"jsonrpc":"2.0","params":' * 1000):
            self.assertIn("depth", self.error(node, body)["message"].lower().replace("deep", "depth"))
            self.assertIn("--rpc-depth-max", self.error(node, body)["message"])
        self.assertIn("values", self.error(node, b"[" + b"0," * MIB + b"0]")["message"])
        many = [rpc("eth_chainId")] * 1001
        self.assertIn("--rpc-batch-max", self.error(node, json.dumps(many).encode())["message"])
        self.assert_honest(node)
        self.assert_memory(node, 128 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_bytes_that_are_no_text_are_refused(self):
        node = self.start()
        rng = random.Random(4)
        texts = [b"\xff", b"\xc3\x28", b'"\xed\xa0\x80"', b'{"a":"\xf0\x28\x8c\xbc"}', b"\x00", b"\xef\xbb\xbf{}",
                 b'{"a":"\\ud800"}']
        texts += [bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200))) for _ in range(200)]
        for text in texts:
            self.assertIn(self.error(node, text)["code"], (-32700, -32600), text)
        self.assert_honest(node)
        self.assertEqual(node.stop(), 0)

    def test_many_large_bodies_share_a_bound(self):
        node = self.start()
        body = b'["' + b"x" * (5 * MIB - 4)  # without its end
        for _ in range(100):
            one = self.dial(node)
            one.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (5 * MIB) + body)
        self.assert_honest(node)
        self.assert_memory(node, 400 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_filters_have_a_limit(self):
        node = self.start("--filters-max", "100")
        client = Client(node.port)
        for _ in range(100):
            client.call("eth_newBlockFilter")
        for method, params in (("eth_newBlockFilter", []), ("eth_newPendingTransactionFilter", []),
                               ("eth_newFilter", [{"address": [TARGET] * 1000}])):
            reply = self.error(node, json.dumps(rpc(method, *params)).encode())
            self.assertIn("filters-max", reply["message"])
        self.assert_honest(node)
        self.assert_memory(node, 64 * MIB)
        self.assertEqual(node.stop(), 0)


class Calls(AbuseTest):
    # Endless loops: hashing, pairing checks, storage, memory, creations.
    BOMBS = ["5b602060002050600056", "5b60006000610180600060085afa50600056", "5b5a545060005600", "5b5a51506000565b",
             "5b600060006000f050600056", "5b60206000600060006000305af150600056"]

    def bomb(self, number, gas=None):
        fields = {"to": TARGET, **({"gas": hex(gas)} if gas else {})}
        return rpc("eth_call", fields, "latest", {TARGET: {"code": "0x" + self.BOMBS[number % len(self.BOMBS)]}},
                   number=number)

    def test_the_loop_answers_while_gas_bombs_go_off(self):
        node = self.start("--rpc-timeout", "1")
        until = time.monotonic() + SECONDS

        def throw(first):
            number = first
            while time.monotonic() < until:
                batch = [self.bomb(number + i, 2**60) for i in range(20)]
                status, data = self.ask(node, json.dumps(batch).encode())
                self.assertEqual(status, 200)
                self.assertEqual([reply["id"] for reply in json.loads(data)], [one["id"] for one in batch])
                number += 20

        def attack():
            threads = [threading.Thread(target=throw, args=(i,)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.assertLess(self.while_honest(node, attack), PATIENCE_SECONDS)
        self.assert_named(node, "limit=rpc-timeout")
        self.assert_memory(node, 128 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_the_loop_answers_while_bombs_go_off_on_the_pending_block(self):
        node = self.start("--rpc-timeout", "1")
        client = Client(node.port)
        sender = client.call("eth_accounts")[0]
        client.call("anvil_setCode", TARGET, "0x" + self.BOMBS[1])
        bomb = {"to": TARGET, "from": sender}
        until = time.monotonic() + SECONDS

        def throw(first):
            ways = [("eth_call", [bomb, "pending"]), ("eth_estimateGas", [bomb, "pending"]),
                    ("eth_createAccessList", [bomb, "pending"]), ("debug_traceCall", [bomb, "pending", {"tracer": "callTracer"}]),
                    ("trace_call", [bomb, ["trace"], "pending"]), ("eth_sendTransaction", [bomb]),
                    ("eth_fillTransaction", [bomb]), ("eth_signTransaction", [bomb])]
            while time.monotonic() < until:
                method, params = ways[first % len(ways)]
                batch = [rpc(method, *params, number=i) for i in range(20)]
                status, data = self.ask(node, json.dumps(batch).encode())
                self.assertEqual(status, 200)
                self.assertEqual([reply["id"] for reply in json.loads(data)], list(range(20)))
                first += 1

        def attack():
            threads = [threading.Thread(target=throw, args=(i,)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.assertLess(self.while_honest(node, attack), PATIENCE_SECONDS)
        self.assert_named(node, "limit=rpc-timeout")
        self.assertEqual(node.stop(), 0)

    def test_long_calls_have_a_queue_with_an_end(self):
        node = self.start("--rpc-timeout", "1", "--rpc-threads", "1", "--connections-max", "64")
        link = WebSocket(node.port)
        for number in range(1500):
            link.send_text(json.dumps(self.bomb(number)))
        refused = stopped = 0
        for _ in range(1500):
            message = link.receive()["error"]["message"]
            refused += "DISPATCHER_JOBS_MAX" in message
            stopped += "--rpc-timeout" in message
        self.assertGreater(stopped, 0)
        self.assert_honest(node)
        self.assert_memory(node, 64 * MIB)
        if refused:
            self.assert_named(node, "DISPATCHER_JOBS_MAX")
        self.assertEqual(node.stop(), 0)


class Mining(AbuseTest):
    """Blocks by the thousand: others are served between, who changes waits."""

    def mine(self, node, blocks, replies):
        thread = threading.Thread(target=lambda: replies.append(self.ask(node, json.dumps(
            rpc("hardhat_mine", hex(blocks))).encode(), patience=200)))
        thread.start()
        return thread

    def test_readers_go_on_and_who_changes_waits(self):
        node, blocks, replies, order = self.start(), 3000, [], []
        client = Client(node.port)
        miner = self.mine(node, blocks, replies)
        self.assertTrue(wait_until(lambda: client.number("eth_blockNumber") > 0))
        self.assertLess(client.number("eth_blockNumber"), blocks)

        def change(number):
            status, _ = self.ask(node, json.dumps(rpc("evm_mine", {"blocks": number})).encode(), patience=200)
            order.append((number, status))

        changes = [threading.Thread(target=change, args=(number,)) for number in (1, 2)]
        for thread in changes:
            thread.start()
        seen = set()
        while miner.is_alive():
            seen.add(client.number("eth_blockNumber"))
        for thread in (miner, *changes):
            thread.join()
        self.assertEqual(json.loads(replies[0][1])["result"], True)
        self.assertEqual(client.number("eth_blockNumber"), blocks + 3)
        self.assertEqual(len(order), 2)
        self.assertGreater(len(seen), 10)
        self.assertEqual(node.stop(), 0)

    def test_the_way_back_is_taken_in_turns(self):
        node = self.start()
        client = Client(node.port)
        snapshot = client.call("evm_snapshot")
        client.call("hardhat_mine", hex(1000))
        seen, done = set(), []
        back = threading.Thread(target=lambda: done.append(Client(node.port).call("evm_revert", snapshot)))
        back.start()
        while back.is_alive():
            seen.add(client.number("eth_blockNumber"))
        back.join()
        self.assertEqual((done, client.number("eth_blockNumber")), ([True], 0))
        self.assertGreater(len(seen), 3)
        self.assertEqual(node.stop(), 0)

    def test_the_daemon_ends_in_the_midst_of_it(self):
        node, replies = self.start(), []
        client = Client(node.port)
        miners = [self.mine(node, 100_000, replies) for _ in range(4)]  # one after another
        self.assertTrue(wait_until(lambda: client.number("eth_blockNumber") > 0))
        began = time.monotonic()
        self.assertEqual(node.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)
        for thread in miners:
            thread.join()
        answers = [json.loads(data) for status, data in replies if status]
        told = [answer["error"]["message"] for answer in answers if "error" in answer]
        self.assertLess(len(answers) - len(told), 4, "all of them ended before")
        for message in told:
            self.assertIn("the node is stopping", message)


class WebSockets(AbuseTest):
    def test_fragments_are_bounded_in_size_and_time(self):
        node = self.start("--idle-seconds-max", "1")
        large, endless = WebSocket(node.port), WebSocket(node.port)
        with self.assertRaises(Closed) as end:
            large.send_frame(TEXT, b"[" * 1000, final=False)
            try:
                for _ in range(6000):
                    large.send_frame(CONTINUATION, b"[" * 1000, final=False)
            except OSError:
                pass
            large.receive_text()
        self.assertEqual(end.exception.code, 1009)
        endless.send_frame(TEXT, b"[", final=False)
        until = time.monotonic() + 10
        try:
            while time.monotonic() < until:
                endless.send_frame(CONTINUATION, b"", final=False)
                time.sleep(0.01)
        except OSError:
            pass
        self.assertLess(time.monotonic(), until)
        self.assert_named(node, "--body-bytes-max")
        self.assert_named(node, "takes too long")
        self.assert_honest(node)
        self.assert_memory(node, 64 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_floods_of_pings_and_fragments_hold_nobody_up(self):
        node = self.start("--peer-queue-bytes-max", "65536")
        links = [WebSocket(node.port, receive_bytes=4096) for _ in range(4)]
        frames = (WebSocket.frame(PING, b"x" * 125) * 500, WebSocket.frame(PING) * 5000,
                  WebSocket.frame(CONTINUATION, b"", final=False) * 5000, WebSocket.frame(PING, b"y") * 1000)
        links[2].send_frame(TEXT, b"[", final=False)

        def flood(link, data):
            link.socket.settimeout(1)
            until = time.monotonic() + SECONDS
            try:
                while time.monotonic() < until:
                    link.socket.sendall(data)
            except OSError:
                pass

        def attack():
            threads = [threading.Thread(target=flood, args=pair) for pair in zip(links, frames)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.assertLess(self.while_honest(node, attack), PATIENCE_SECONDS)
        self.assert_named(node, "--peer-queue-bytes-max")
        self.assert_memory(node, 64 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_incomplete_messages_share_a_bound(self):
        node = self.start()
        piece = b"[" * (4 * MIB)
        for _ in range(80):
            link = WebSocket(node.port)
            self.sockets.append(link.socket)
            try:
                link.send_frame(TEXT, piece, final=False)
            except OSError:
                pass
        self.assert_named(node, "PEERS_BYTES_MAX")
        self.assert_honest(node)
        self.assert_memory(node, 600 * MIB)
        self.assertEqual(node.stop(), 0)

    def test_subscriptions_of_one_that_does_not_read_are_dropped(self):
        node = self.start("--peer-queue-bytes-max", "65536", "--subscriptions-max", "50")
        link = WebSocket(node.port, receive_bytes=4096)
        for _ in range(50):
            link.call("eth_subscribe", "newHeads")
        self.assertIn("subscriptions-max", link.ask("eth_subscribe", "newHeads")["error"]["message"])
        client, until = Client(node.port), time.monotonic() + 20
        while "--peer-queue-bytes-max" not in node.log() and time.monotonic() < until:
            client.call("anvil_mine", "0x64")
        self.assert_named(node, "--peer-queue-bytes-max")
        self.assert_honest(node)
        self.assert_memory(node, 96 * MIB)
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    if not os.path.exists(LOFTD):
        print(f"skipped: {LOFTD} is not built")
        sys.exit(77)
    unittest.main(warnings="ignore")
