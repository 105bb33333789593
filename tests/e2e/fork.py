#!/usr/bin/env python3
"""A loftd that goes on from a block of another's chain (--fork-url): what it
reads there, what it keeps, and what it does not believe.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd.
"""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node, RpcError  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
STRANGER = "0x00000000000000000000000000000000000f0124"
ETHER = 10**18
# Adds one to slot 0, and returns it.
COUNTER = "0x600e600c600039600e6000f3" + "5f5460010180" + "5f555f5260205ff3"
# Emits LOG1 with topic 7 and 32 bytes of data, on every call.
LOGGER = "0x600a600c600039600a6000f3" + "600760206000a100" + "0000"
# Returns the hash of the block whose number is its input.
BLOCK_HASH = "0x600a600c600039600a6000f3" + "5f35405f5260205ff3" + "00"


def word(value):
    return f"0x{value:064x}"


class Proxy:
    """Hands requests to a node, and its answers back, altered by `change`."""

    def __init__(self, port, change):
        heads = self.heads = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heads.append(self.headers)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = urllib.request.Request(f"http://127.0.0.1:{port}/", body,
                                                 {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=20) as reply:
                    answer = json.loads(reply.read())
                text = json.dumps(change(json.loads(body)["method"], answer)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class ForkTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-e2e-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.nodes = []
        self.addCleanup(lambda: [node.kill() for node in self.nodes])
        self.remote_node, self.remote = self.start("remote", "--chain-id", "777")
        self.made = self.deploy(self.remote, COUNTER)
        self.counter = self.made["contractAddress"]
        for _ in range(3):
            self.transfer(self.remote, to=self.counter)
        self.transfer(self.remote, to=STRANGER, value=5)

    def command(self, data, *options):
        return [LOFTD, "--port", "0", "--data-dir", f"{self.folder}/{data}", "--quiet", *options]

    def start(self, data, *options):
        node = Node(self.command(data, *options), self.folder)
        self.nodes.append(node)
        node.start()
        return node, Client(node.port)

    def fork(self, *options, url=None, data="fork"):
        return self.start(data, "--fork-url", url or f"http://localhost:{self.remote_node.port}", *options)

    def transfer(self, client, to=BOB, value=0, **more):
        return client.call("eth_sendTransaction", {"from": ALICE, "to": to, "value": hex(value), **more})

    def deploy(self, client, code):
        made = client.call("eth_sendTransaction", {"from": ALICE, "data": code})
        return client.call("eth_getTransactionReceipt", made)

    def slot(self, client, *block):
        return int(client.call("eth_getStorageAt", self.counter, "0x0", *(block or ["latest"])), 16)

    def proxy(self, change):
        proxy = Proxy(self.remote_node.port, change)
        self.addCleanup(proxy.close)
        return proxy


class Going(ForkTest):
    def test_it_begins_where_the_other_is(self):
        _, client = self.fork()
        self.assertEqual(client.number("eth_chainId"), 777)
        self.assertEqual(client.number("eth_blockNumber"), 5)
        self.assertEqual(client.call("eth_getBlockByNumber", "latest", True),
                         self.remote.call("eth_getBlockByNumber", "latest", True))
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)
        self.assertEqual(client.number("eth_getBalance", ALICE), 10000 * ETHER)
        self.assertEqual(client.call("eth_getCode", self.counter), self.remote.call("eth_getCode", self.counter))
        self.assertEqual(self.slot(client), 3)

    def test_it_goes_its_own_way(self):
        _, client = self.fork()
        sent = self.transfer(client, to=self.counter)
        self.assertEqual(client.call("eth_getTransactionReceipt", sent)["status"], "0x1")
        self.assertEqual(self.slot(client), 4)
        self.assertEqual(self.slot(client, "0x5"), 3)
        self.assertEqual(self.slot(self.remote), 3)
        block = client.call("eth_getBlockByNumber", "latest", False)
        self.assertEqual(block["number"], "0x6")
        self.assertEqual(block["parentHash"], self.remote.call("eth_getBlockByNumber", "0x5", False)["hash"])
        self.assertEqual(int(client.call("eth_call", {"to": self.counter}), 16), 5)

    def test_what_was_before_is_asked_for(self):
        _, client = self.fork()
        self.transfer(client, value=1)
        calls = [("eth_getBlockByNumber", "0x1", True), ("eth_getBlockByNumber", "earliest", False),
                 ("eth_getBlockByNumber", "0x5", False), ("eth_getBlockByHash", self.made["blockHash"], False),
                 ("eth_getTransactionReceipt", self.made["transactionHash"]),
                 ("eth_getTransactionByHash", self.made["transactionHash"]),
                 ("eth_getBlockReceipts", "0x2"), ("eth_getStorageAt", self.counter, "0x0", "0x3"),
                 ("eth_getBalance", BOB, "0x1"), ("eth_call", {"to": self.counter}, "0x2"),
                 ("eth_getTransactionReceipt", "0x" + "ab" * 32)]
        for name, *params in calls:
            self.assertEqual(client.call(name, *params), self.remote.call(name, *params), (name, params))

    def test_a_range_of_logs_goes_across(self):
        emitter = self.deploy(self.remote, LOGGER)["contractAddress"]
        for _ in range(2):
            self.transfer(self.remote, to=emitter)
        _, client = self.fork()
        for _ in range(3):
            self.transfer(client, to=emitter)

        def logs(node, first, last, **more):
            found = node.call("eth_getLogs", {"fromBlock": first, "toBlock": last, "address": emitter, **more})
            return [int(log["blockNumber"], 16) for log in found]

        self.assertEqual(logs(client, "0x0", "latest"), [7, 8, 9, 10, 11])
        self.assertEqual(logs(client, "0x8", "0x9"), [8, 9])
        self.assertEqual(logs(client, "earliest", "0x7"), [7])
        self.assertEqual(logs(client, "0x9", "0xb"), [9, 10, 11])
        self.assertEqual(logs(client, "0x0", "latest", topics=["0x" + "ab" * 32]), [])
        found = self.remote.call("eth_getLogs", {"fromBlock": "0x7", "toBlock": "0x7"})
        self.assertEqual(client.call("eth_getLogs", {"blockHash": found[0]["blockHash"]}), found)

    def test_fees_are_told_up_to_the_fork(self):
        _, client = self.fork()
        told = client.call("eth_feeHistory", "0x4", "latest", [50])
        self.assertEqual(told, self.remote.call("eth_feeHistory", "0x4", "0x5", [50]))
        self.assertEqual(client.call("eth_feeHistory", "0x2", "0x3", []), self.remote.call("eth_feeHistory", "0x2", "0x3", []))
        for _ in range(2):
            self.transfer(client, value=1)
        told = client.call("eth_feeHistory", "0x9", "latest", [50])
        self.assertEqual(told["oldestBlock"], "0x6")
        self.assertEqual(len(told["gasUsedRatio"]), 2)

    def test_an_earlier_block_can_be_named(self):
        _, client = self.fork("--fork-block", "3", "--chain-id", "5")
        self.assertEqual(client.number("eth_chainId"), 5)
        self.assertEqual(client.number("eth_blockNumber"), 3)
        self.assertEqual(self.slot(client), 2)
        self.transfer(client, to=self.counter)
        self.assertEqual(self.slot(client), 3)

    def test_the_hashes_of_earlier_blocks_are_the_others(self):
        _, client = self.fork()
        teller = self.deploy(client, BLOCK_HASH)["contractAddress"]
        for number in range(6):
            told = client.call("eth_call", {"to": teller, "data": f"0x{number:064x}"})
            self.assertEqual(told, client.call("eth_getBlockByNumber", hex(number), False)["hash"])

    def test_what_was_read_needs_no_remote(self):
        url = f"http://localhost:{self.remote_node.port}/?key=secret"
        node, client = self.fork(url=url)
        sent = self.transfer(client, to=self.counter)
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)
        self.assertEqual(node.stop(), 0)
        self.remote_node.kill()
        node, client = self.fork(url=url)
        self.assertEqual(client.call("eth_getTransactionReceipt", sent)["status"], "0x1")
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)
        self.assertEqual(int(client.call("eth_call", {"to": self.counter}), 16), 5)
        with self.assertRaises(RpcError) as caught:
            client.call("eth_getBalance", "0x" + "17" * 20)
        self.assertIn("http://localhost:", str(caught.exception))
        self.assertNotIn("secret", str(caught.exception) + node.log())
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)

    def test_data_of_another_fork_is_refused(self):
        node, _ = self.fork()
        node.stop()
        for options, text in ((["--fork-block", "2"], "block 5"), (["--hardfork", "Prague"], "fork")):
            command = self.command("fork", "--fork-url", f"http://localhost:{self.remote_node.port}", *options)
            done = subprocess.run(command, capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1, options)
            self.assertIn(text, done.stderr)


class Believing(ForkTest):
    def test_a_proof_that_does_not_hold_is_refused(self):
        lies = []

        def change(method, answer):
            if method == "eth_getProof" and lies:
                nodes = answer["result"]["accountProof"]
                nodes[-1] = nodes[-1][:-2] + f"{int(nodes[-1][-2:], 16) ^ 1:02x}"
            return answer

        _, client = self.fork(url=self.proxy(change).url)
        lies.append(True)
        with self.assertRaisesRegex(RpcError, "proof"):
            client.call("eth_getBalance", STRANGER)
        lies.clear()
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)

    def test_code_that_is_not_the_account_s_is_refused(self):
        lies = []

        def change(method, answer):
            if method == "eth_getCode" and lies:
                answer["result"] = "0x6000"
            return answer

        _, client = self.fork(url=self.proxy(change).url)
        lies.append(True)
        with self.assertRaisesRegex(RpcError, "code"):
            client.call("eth_call", {"to": self.counter})

    def test_a_header_that_does_not_make_its_hash_ends_the_start(self):
        def change(method, answer):
            if method == "eth_getBlockByNumber":
                answer["result"]["gasUsed"] = "0x1"
            return answer

        command = self.command("fork", "--fork-url", self.proxy(change).url)
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("hash", done.stderr)

    def test_a_node_without_proofs_is_believed_and_that_is_logged(self):
        def change(method, answer):
            if method == "eth_getProof":
                answer = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no such method"}}
            return answer

        node, client = self.fork(url=self.proxy(change).url)
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)
        self.assertEqual(self.slot(client), 3)
        self.assertEqual(int(client.call("eth_call", {"to": self.counter}), 16), 4)
        self.assertIn("remote_unproven", node.log())

    def test_a_block_hash_that_cannot_be_had_fails_the_execution(self):
        lost = []

        def change(method, answer):
            if method in ("eth_getBlockByNumber", "eth_getProof", "eth_getStorageAt") and lost:
                answer = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "pruned away"}}
            return answer

        node, client = self.fork(url=self.proxy(change).url)
        teller = self.deploy(client, BLOCK_HASH)["contractAddress"]
        ask = {"to": teller, "data": f"0x{1:064x}"}
        lost.append(True)
        with self.assertRaisesRegex(RpcError, "pruned away"):
            client.call("eth_call", ask)
        with self.assertRaisesRegex(RpcError, "pruned away"):
            client.call("eth_sendTransaction", {"from": ALICE, "gas": "0x186a0", **ask})
        lost.clear()
        self.assertEqual(int(client.call("eth_call", ask), 16), int(client.call("eth_getBlockByNumber", "0x1", False)["hash"], 16))

    def test_requests_have_the_fields_that_were_given(self):
        proxy = self.proxy(lambda method, answer: answer)
        _, client = self.fork("--fork-header", "X-Api-Key: sesame", "--fork-header", "X-Two: 2", url=proxy.url)
        self.assertEqual(client.number("eth_getBalance", STRANGER), 5)
        self.assertEqual({(h["X-Api-Key"], h["X-Two"]) for h in proxy.heads}, {("sesame", "2")})
        done = subprocess.run(self.command("other", "--fork-url", proxy.url, "--fork-header", "sesame"),
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 3)
        self.assertIn("--fork-header", done.stderr)
        self.assertNotIn("sesame", done.stderr)

    def test_a_node_that_answers_nonsense_is_named(self):
        for nonsense in ({}, [], {"result": 7}, {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}}):
            url = self.proxy(lambda method, answer, nonsense=nonsense: nonsense).url
            done = subprocess.run(self.command("other", "--fork-url", url), capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1, nonsense)
            self.assertIn("--fork-url", done.stderr)


class Waiting(ForkTest):
    """A node that does not answer holds up who needs it, and nobody else."""

    TOKEN = "0x" + "70" * 20

    def setUp(self):
        super().setUp()
        # balanceOf: the slot that the address has as its number.
        self.remote.call("anvil_setCode", self.TOKEN, "0x600435545f5260205ff3")
        self.answers = threading.Event()
        self.answers.set()
        self.held = threading.Semaphore(0)

        def change(method, answer):
            if not self.answers.is_set():
                self.held.release()
            self.answers.wait()
            return answer

        self.addCleanup(self.answers.set)
        self.node, self.client = self.fork("--rpc-timeout", "60", url=self.proxy(change).url)
        self.fresh = (f"0x{number:040x}" for number in range(0xf00000, 0xf10000))
        self.raw = iter(self.signed(8))

    def signed(self, count):
        """Raw transactions of an account that the fork knows nothing of."""
        own = self.start("own", "--chain-id", "777", "--no-mining")[1]
        hashes = [self.transfer(own, to=f"0x{0xe00000 + number:040x}", nonce=hex(5 + number), gas="0x5208",
                                maxFeePerGas=hex(10**11)) for number in range(count)]
        return [own.call("eth_getRawTransactionByHash", one) for one in hashes]

    def while_it_waits(self, name, *params):
        """What comes of a call; while it waits, others are served."""
        result = []

        def ask():
            try:
                result.append(Client(self.node.port).call(name, *params))
            except RpcError as error:
                result.append(error)

        self.answers.clear()
        thread = threading.Thread(target=ask)
        thread.start()
        while not self.held.acquire(timeout=0.05):
            self.assertTrue(thread.is_alive(), (name, *map(str, result)))
        self.assertGreaterEqual(self.client.number("eth_blockNumber"), 5)
        self.assertEqual(self.client.number("eth_chainId"), 777)
        self.assertTrue(thread.is_alive(), name)
        self.answers.set()
        thread.join()
        while self.held.acquire(blocking=False):
            pass
        self.assertNotIsInstance(result[0], RpcError, (name, str(result[0])))
        return result[0]

    def test_reads_keep_nobody_waiting(self):
        for name, *params in (("eth_getBalance",), ("eth_getCode",), ("eth_getTransactionCount",), ("eth_getAccountInfo",),
                              ("ots_hasCode",), ("eth_getStorageAt", "0x7"), ("eth_getStorageAt", word(8), "pending"),
                              ("eth_getProof", ["0x1"])):
            self.while_it_waits(name, next(self.fresh), *params)
        self.while_it_waits("eth_getStorageValues", {self.counter: [word(0)]})
        self.while_it_waits("eth_getBlockByNumber", "0x1", True)
        self.while_it_waits("eth_call", {"to": self.counter})

    def test_changes_keep_nobody_waiting(self):
        for name, *params in (("anvil_setBalance", "0x5"), ("anvil_addBalance", "0x5"), ("anvil_setNonce", "0x5"),
                              ("hardhat_setCode", "0x00"), ("hardhat_setStorageAt", "0x3", word(5))):
            who = next(self.fresh)
            self.while_it_waits(name, who, *params)
        self.assertEqual(self.client.number("eth_getStorageAt", who, "0x3"), 5)
        who = next(self.fresh)
        state = {"accounts": {who: {"balance": "0x9", "storage": {"0x1": "0x2"}}}}
        self.while_it_waits("anvil_loadState", "0x" + json.dumps(state).encode().hex())
        self.assertEqual(self.client.number("eth_getBalance", who), 9)
        who = next(self.fresh)
        self.while_it_waits("anvil_dealERC20", who, self.TOKEN, "0x11")
        self.assertEqual(int(self.client.call("eth_call", {"to": self.TOKEN, "data": "0x70a08231" + who[2:].rjust(64, "0")}), 16), 17)

    def test_transactions_keep_nobody_waiting(self):
        sent = [self.while_it_waits("eth_sendRawTransaction", next(self.raw))]
        for more in ({}, {"gas": "0x186a0"}):
            who = next(self.fresh)
            sent.append(self.while_it_waits("eth_sendTransaction", {"from": ALICE, "to": who, "value": "0x1", **more}))
            self.assertEqual(self.client.number("eth_getBalance", who), 1)
        self.while_it_waits("eth_fillTransaction", {"from": BOB, "to": next(self.fresh)})
        # A contract that reads what nobody has read yet.
        sent.append(self.while_it_waits("eth_sendTransaction", {"from": ALICE, "to": self.counter, "gas": "0x186a0"}))
        for one in sent:
            self.assertEqual(self.client.call("eth_getTransactionReceipt", one)["status"], "0x1")
        self.assertEqual(self.slot(self.client), 4)

    def test_what_waits_is_mined_without_waiting(self):
        self.client.call("evm_setAutomine", False)
        who = next(self.fresh)
        sent = self.while_it_waits("eth_sendTransaction", {"from": ALICE, "to": who, "value": "0x1", "gas": "0x5208"})
        self.answers.clear()
        self.client.call("evm_mine")
        self.assertEqual(self.client.call("eth_getTransactionReceipt", sent)["status"], "0x1")


if __name__ == "__main__":
    if not os.path.exists(LOFTD):
        print(f"skipped: {LOFTD} is not built")
        sys.exit(77)
    unittest.main(warnings="ignore")
