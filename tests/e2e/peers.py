#!/usr/bin/env python3
"""Connections that stay, against the running daemon: WebSockets on the HTTP
port and the Unix socket: calls, batches, subscriptions, durability, ends.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd.
"""
import http.client
import json
import os
import pathlib
import shutil
import socket
import stat
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "e2e")]
from links import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed, Refused, UnixSocket, WebSocket,  # noqa: E402
                   wait_until)
from node_client import Client, Node  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
TRANSFER = {"from": ALICE, "to": BOB, "value": "0x1", "gas": "0x5208"}


class PeersTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-peers-")
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, *options):
        self.path = self.folder + "/loftd.ipc"
        node = Node([LOFTD, "--port", "0", "--data-dir", self.folder + "/data", "--quiet", "--ipc", self.path, *options],
                    self.folder)
        self.addCleanup(node.kill)
        node.start()
        return node

    def both(self, node):
        links = (WebSocket(node.port), UnixSocket(self.path))
        for link in links:
            self.addCleanup(link.close)
        return links


class Calling(PeersTest):
    def test_calls_batches_and_errors_are_as_over_http(self):
        node = self.start()
        for link in self.both(node):
            self.assertEqual(link.call("eth_chainId"), "0x7a69")
            self.assertEqual(link.ask("nothing_here")["error"]["code"], -32601)
            link.send_text(json.dumps([{"jsonrpc": "2.0", "id": i, "method": "eth_blockNumber"} for i in range(3)]))
            self.assertEqual([reply["id"] for reply in link.receive()], [0, 1, 2])
            link.send_text("[]")
            self.assertEqual(link.receive()["error"]["code"], -32600)
        self.assertEqual(node.stop(), 0)

    def test_a_long_call_does_not_hold_up_the_next(self):
        node = self.start()
        hashes = {"to": "0x" + "77" * 20}
        code = {"0x" + "77" * 20: {"code": "0x5b60206000205060" + "0056"}}
        for link in self.both(node):
            slow = link.begin("eth_call", hashes, "latest", code)
            quick = link.begin("eth_chainId")
            self.assertEqual([link.receive()["id"], link.receive()["id"]], [quick, slow])
        self.assertEqual(node.stop(), 0)

    def test_a_thousand_requests_in_flight_are_all_answered(self):
        node = self.start()
        for link in self.both(node):
            sent = [link.begin("eth_sendTransaction", TRANSFER) for _ in range(1500)]
            replies = [link.receive() for _ in sent]
            self.assertEqual([reply["id"] for reply in replies], sent)
            self.assertFalse([reply for reply in replies if "error" in reply])
        client = Client(node.port)
        self.assertEqual(client.number("eth_getTransactionCount", ALICE), 3000)
        self.assertLess(client.number("eth_blockNumber"), 3000)
        self.assertEqual(node.stop(), 0)

    def test_what_is_acknowledged_survives(self):
        for durability in ("durable", "group"):
            with self.subTest(durability):
                node = self.start("--durability", durability)
                hashes = []
                for link in self.both(node):
                    hashes += [link.call("eth_sendTransaction", TRANSFER) for _ in range(10)]
                node.kill()
                node = self.start()
                client = Client(node.port)
                for tx in hashes:
                    self.assertEqual(client.call("eth_getTransactionReceipt", tx)["status"], "0x1")
                self.assertEqual(node.stop(), 0)


class Subscribing(PeersTest):
    def test_heads_and_logs_come_by_themselves(self):
        node = self.start()
        logger = "0x600a600c600039600a6000f3" + "600760206000a100" + "0000"
        client = Client(node.port)
        where = client.send({"from": ALICE, "data": logger})["contractAddress"]
        links = self.both(node)
        for link in links:
            heads, logs = link.call("eth_subscribe", "newHeads"), link.call("eth_subscribe", "logs", {"address": where})
            receipt = client.send({"from": ALICE, "to": where})
            told = {note["params"]["subscription"]: note["params"]["result"] for note in (link.told(), link.told())}
            self.assertEqual(told[heads]["number"], receipt["blockNumber"])
            self.assertEqual(told[logs]["transactionHash"], receipt["transactionHash"])
            self.assertTrue(link.call("eth_unsubscribe", logs))
            self.assertTrue(link.call("eth_unsubscribe", heads))
            client.call("evm_mine")
            self.assertEqual(link.call("eth_chainId"), "0x7a69")
            self.assertEqual(link.unasked, [])
        self.assertEqual(node.stop(), 0)

    def test_subscriptions_end_with_their_peer(self):
        node = self.start()
        client = Client(node.port)
        for _ in range(3):
            for link in self.both(node):
                link.call("eth_subscribe", "newHeads")
                link.begin("eth_getLogs", {"fromBlock": "0x0"})
                link.close()
        for _ in range(3):
            client.call("evm_mine")
        self.assertEqual(client.number("eth_blockNumber"), 3)
        self.assertEqual(node.stop(), 0)


class Opening(PeersTest):
    def test_hosts_and_origins_are_checked(self):
        node = self.start("--allow-origin", "https://dapp.example")
        for headers, status in (({"Host": "evil.example"}, 403), ({"Origin": "http://evil.example"}, 403),
                                ({"Sec-WebSocket-Version": "8"}, 426), ({"Sec-WebSocket-Key": "short"}, 400),
                                ({"Sec-WebSocket-Key": None}, 400)):
            with self.assertRaises(Refused) as refusal:
                WebSocket(node.port, headers)
            self.assertEqual(refusal.exception.status, status)
        for headers in ({"Origin": "https://dapp.example"}, {"Origin": "http://localhost:3000"}):
            link = WebSocket(node.port, headers)
            self.assertEqual(link.call("eth_chainId"), "0x7a69")
            link.close()
        self.assertEqual(node.stop(), 0)

    def test_the_first_frame_may_come_with_the_head(self):
        node = self.start()
        call = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
        with socket.create_connection(("127.0.0.1", node.port), timeout=20) as wire:
            wire.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" +
                         WebSocket.frame(TEXT, call))
            data = b""
            while b"0x7a69" not in data:
                more = wire.recv(4096)
                self.assertTrue(more, data)
                data += more
            self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", data)
        self.assertEqual(node.stop(), 0)

    def test_the_path_is_the_users_own_and_goes_with_the_node(self):
        node = self.start()
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.assertEqual(node.stop(), 0)
        self.assertFalse(os.path.exists(self.path))
        node = self.start()
        node.kill()
        self.assertTrue(os.path.exists(self.path))
        node = self.start()  # takes over what is left
        self.assertEqual(UnixSocket(self.path).call("eth_chainId"), "0x7a69")
        self.assertEqual(node.stop(), 0)


class Writing(PeersTest):
    def http(self, node, method, headers):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=20)
        connection.request("POST", "/", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}), headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        return reply.status, json.loads(text) if reply.status == 200 else text

    def test_with_a_token_only_those_who_show_it_may_write(self):
        secret = "correct horse battery staple"
        pathlib.Path(self.folder + "/token").write_text(secret + "\n")
        node = self.start("--rpc-token", self.folder + "/token")
        right, wrong = {"Authorization": "Bearer " + secret}, {"Authorization": "Bearer " + secret[1:]}
        self.assertEqual(self.http(node, "eth_blockNumber", {})[1]["result"], "0x0")
        self.assertEqual(self.http(node, "evm_mine", {})[1]["error"]["code"], 4100)
        self.assertEqual(self.http(node, "eth_blockNumber", wrong)[0], 401)
        self.assertIn("result", self.http(node, "evm_mine", right)[1])
        link = WebSocket(node.port)
        self.assertEqual(link.ask("evm_mine")["error"]["code"], 4100)
        self.assertEqual(link.call("eth_blockNumber"), "0x1")
        with self.assertRaises(Refused) as refusal:
            WebSocket(node.port, wrong)
        self.assertEqual(refusal.exception.status, 401)
        WebSocket(node.port, right).call("evm_mine")
        UnixSocket(self.path).call("evm_mine")
        self.assertEqual(link.call("eth_blockNumber"), "0x3")
        self.assertIn("limit=rpc-token", node.log())
        self.assertEqual(node.stop(), 0)


class Ending(PeersTest):
    def test_the_protocol_ends_with_a_close(self):
        node = self.start()
        link = WebSocket(node.port)
        link.send_frame(CLOSE, b"\x03\xe8bye")
        with self.assertRaises(Closed) as end:
            link.receive_text()
        self.assertEqual(end.exception.code, 1000)
        for opcode, data, code in ((TEXT, b"\xff", 1007), (BINARY, b"{}", 1003), (CONTINUATION, b"{}", 1002),
                                   (TEXT, b"x" * 6_000_000, 1009)):
            link = WebSocket(node.port)
            try:
                link.send_frame(opcode, data)
            except OSError:
                pass  # it may be closed before all has left
            with self.assertRaises(Closed) as end:
                link.receive_text()
            self.assertEqual(end.exception.code, code)
        self.assertTrue(wait_until(lambda: "--body-bytes-max" in node.log()), node.log())
        self.assertEqual(node.stop(), 0)

    def test_fragments_and_pings_are_understood(self):
        node = self.start()
        link = WebSocket(node.port)
        link.send_frame(TEXT, b'{"jsonrpc":"2.0",', final=False)
        link.send_frame(PING, b"hello")
        link.send_frame(CONTINUATION, b'"id":7,"method":', final=False)
        link.send_frame(CONTINUATION, b'"eth_chainId"}')
        frames = dict([link.receive_frame(), link.receive_frame()])  # in either order
        self.assertEqual(frames[PONG], b"hello")
        self.assertEqual(json.loads(frames[TEXT]), {"jsonrpc": "2.0", "id": 7, "result": "0x7a69"})
        self.assertEqual(node.stop(), 0)

    def test_one_that_does_not_read_is_dropped_by_name(self):
        node = self.start("--peer-queue-bytes-max", "65536")
        link = WebSocket(node.port, receive_bytes=4096)
        code = {"0x" + "77" * 20: {"code": "0x6203d0906000f3"}}  # a quarter of a million zeros
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call",
                           "params": [{"to": "0x" + "77" * 20}, "latest", code]})
        try:
            for _ in range(200):
                link.send_text(call)
        except OSError:
            pass
        self.assertTrue(wait_until(lambda: "--peer-queue-bytes-max" in node.log()), node.log())
        self.assertEqual(Client(node.port).number("eth_chainId"), 31337)
        self.assertEqual(node.stop(), 0)

    def test_a_stream_that_is_not_json_ends_with_an_error(self):
        node = self.start()
        link = UnixSocket(self.path)
        link.send_text('{"jsonrpc":"2.0","id":1,"method":"eth_chainId"} nonsense')
        self.assertEqual(link.receive()["result"], "0x7a69")
        self.assertIn("error", link.receive())
        with self.assertRaises(Closed):
            link.receive()
        self.assertEqual(node.stop(), 0)

    def test_the_node_stops_with_peers_connected_and_calls_running(self):
        node = self.start()
        for link in self.both(node):
            link.call("eth_subscribe", "newHeads")
            link.begin("eth_call", {"to": "0x" + "77" * 20}, "latest",
                       {"0x" + "77" * 20: {"code": "0x5b60206000205060" + "0056"}})
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    if not os.path.exists(LOFTD):
        print(f"skipped: {LOFTD} is not built")
        sys.exit(77)
    unittest.main(warnings="ignore")
