#!/usr/bin/env python3
"""loftd as a process: how it starts and ends, what it refuses, how it makes
blocks, and what is left when the disk is full.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd.
"""
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node, RpcError  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
ETHER = 10**18
# Emits LOG1 with topic 7 and 32 bytes of data, on every call.
LOGGER = "0x600a600c600039600a6000f3" + "600760206000a100" + "0000"


class DaemonTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-e2e-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.nodes = []
        self.addCleanup(lambda: [node.kill() for node in self.nodes])

    def start(self, *options, data="data"):
        node = Node([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/{data}", "--quiet", *options], self.folder)
        self.nodes.append(node)
        node.start()
        return node, Client(node.port)

    def run_to_end(self, *options, data="data"):
        """A loftd that is expected to end by itself."""
        return subprocess.run([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/{data}", *options],
                              capture_output=True, text=True, timeout=60)

    def transfer(self, client, value=1, **more):
        return client.call("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": hex(value), **more})

    def batch(self, port, calls):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        body = [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]
        connection.request("POST", "/", json.dumps(body))
        replies = json.loads(connection.getresponse().read())
        connection.close()
        return replies


class Starting(DaemonTest):
    def test_help_and_version_need_no_data(self):
        for option, text in (("--help", "--data-dir"), ("--version", "loftd ")):
            done = subprocess.run([LOFTD, option], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 0)
            self.assertIn(text, done.stdout)

    def test_wrong_options_end_with_status_3(self):
        for options in (["--nonsense"], ["--port", "70000"], ["--hardfork", "Nowhere"], ["--hardfork", "London"],
                        ["--mnemonic", "not a phrase"], ["--derivation-path", "44"]):
            done = self.run_to_end(*options)
            self.assertEqual(done.returncode, 3, options)
            self.assertIn(options[0], done.stderr)

    def test_the_banner_names_accounts_and_address(self):
        with subprocess.Popen([LOFTD, "--port", "0", "--data-dir", self.folder + "/data"], stdout=subprocess.PIPE,
                              text=True) as process:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Listening on "):
                    break
            process.terminate()
        text = "".join(lines)
        self.assertIn(ALICE, text.lower())
        self.assertIn("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", text)
        self.assertRegex(text, r"\nListening on 127\.0\.0\.1:\d+\n$")
        self.assertEqual(text.lower().count("listening on"), 1)

    def test_memory_is_told_without_pages_of_files(self):
        _, client = self.start()
        status = client.call("loft_status")
        own, resident = int(status["memoryBytes"], 16), int(status["residentBytes"], 16)
        self.assertTrue(0 < own < resident, status)

    def test_a_revert_that_is_pruned_away_names_the_block(self):
        _, client = self.start("--prune-history", "10", "--no-mining")
        client.call("anvil_mine", "0x3")
        client.call("anvil_setBalance", ALICE, "0x1")  # the state's steps are not the blocks' numbers
        snapshot = client.call("evm_snapshot")
        client.call("anvil_mine", "0x100")
        with self.assertRaisesRegex(RpcError, "the state of block 3 is forgotten"):
            client.call("evm_revert", snapshot)
        self.assertEqual(client.number("eth_blockNumber"), 0x103)

    def test_a_port_that_is_open_to_all_is_warned_of_once(self):
        token = os.path.join(self.folder, "token")
        pathlib.Path(token).write_text("a token of enough letters, I hope\n")
        os.chmod(token, 0o600)
        for options, times in ((["--host", "0.0.0.0"], 1), (["--host", "0.0.0.0", "--rpc-token", token], 0), ([], 0)):
            with subprocess.Popen([LOFTD, "--port", "0", "--temporary", "-q", *options], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True) as process:
                lines = []
                for line in process.stdout:
                    lines.append(line)
                    if line.startswith("Listening on"):
                        break
                process.terminate()
            self.assertEqual("".join(lines).count("open_to_all"), times, (options, lines))

    def test_data_comes_back_after_an_orderly_end(self):
        node, client = self.start()
        tx = self.transfer(client, 7)
        before = client.call("eth_getBlockByNumber", "latest", True)
        self.assertEqual(node.stop(), 0)
        node, client = self.start()
        self.assertEqual(client.call("eth_getBlockByNumber", "latest", True), before)
        self.assertEqual(client.call("eth_getTransactionReceipt", tx)["status"], "0x1")
        self.assertEqual(client.number("eth_getBalance", BOB), 10000 * ETHER + 7)
        self.assertEqual(node.stop(), 0)

    def test_a_second_process_on_the_same_data_is_refused(self):
        node, client = self.start()
        done = self.run_to_end()
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use", done.stderr + "in use" * ("process" in done.stderr))
        self.assertEqual(client.number("eth_blockNumber"), 0)
        self.assertEqual(node.stop(), 0)

    def test_a_taken_port_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            done = subprocess.run([LOFTD, "--port", port, "--data-dir", self.folder + "/data"], capture_output=True,
                                  text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn(port, done.stderr)
        self.assertIn("in use", done.stderr)

    def test_data_of_another_chain_is_refused(self):
        node, _ = self.start()
        node.stop()
        for options, text in ((["--chain-id", "7"], "chain id"), (["--hardfork", "Prague"], "fork"),
                              (["--timestamp", "12345"], "began"), (["--accounts", "3"], "genesis")):
            done = self.run_to_end(*options)
            self.assertEqual(done.returncode, 1, options)
            self.assertIn(text, done.stderr)
        self.assertEqual(self.run_to_end("--verify").returncode, 0)

    def test_a_temporary_chain_leaves_nothing(self):
        base = self.folder + "/tmp"
        os.mkdir(base)
        node = Node(["env", f"TMPDIR={base}", LOFTD, "--port", "0", "--temporary", "--quiet"], self.folder)
        self.nodes.append(node)
        node.start()
        self.assertEqual(len(os.listdir(base)), 1)
        self.assertEqual(node.stop(), 0)
        self.assertEqual(os.listdir(base), [])

    def test_an_import_stops_at_the_first_bad_block(self):
        for contents, text in ((b"\xc0", "byte 0"), (b"garbage", "byte 0"), (b"\xf9\xff\xff\x00", "byte 0")):
            path = self.folder + "/blocks.rlp"
            pathlib.Path(path).write_bytes(contents)
            done = self.run_to_end("--import", path)
            self.assertEqual(done.returncode, 1, contents)
            self.assertIn(text, done.stderr)
            self.assertNotIn("Listening", done.stdout)
        done = self.run_to_end("--import", self.folder + "/not-there")
        self.assertIn("not-there", done.stderr)

    def test_a_bad_genesis_file_is_named(self):
        path = self.folder + "/genesis.json"
        pathlib.Path(path).write_text('{"config": {"chainId": "x"}}')
        done = self.run_to_end("--genesis", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(path, done.stderr)


class Serving(DaemonTest):
    def http(self, port, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, text

    def test_paths_methods_and_hosts_are_checked(self):
        node, _ = self.start("--allow-host", "node.example")
        call = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
        self.assertEqual(self.http(node.port, "POST", "/", body=call)[0], 200)
        self.assertEqual(self.http(node.port, "POST", "/", {"Host": "node.example"}, call)[0], 200)
        self.assertEqual(self.http(node.port, "POST", "/", {"Host": "evil.example"}, call)[0], 403)
        self.assertEqual(self.http(node.port, "POST", "/", {"Origin": "http://evil.example"}, call)[0], 403)
        self.assertEqual(self.http(node.port, "GET", "/")[0], 200)
        self.assertEqual(self.http(node.port, "GET", "/nothing")[0], 404)
        self.assertEqual(self.http(node.port, "GET", "/healthz"), (200, "ok\n"))
        self.assertEqual(self.http(node.port, "POST", "/healthz", body=call)[0], 405)
        self.assertEqual(self.http(node.port, "POST", "/nothing", body=call)[0], 404)
        status, text = self.http(node.port, "POST", "/", body="{")
        self.assertEqual((status, json.loads(text)["error"]["code"]), (200, -32700))
        self.assertEqual(self.http(node.port, "POST", "/", body='{"jsonrpc":"2.0","method":"eth_chainId"}'), (204, ""))

    def test_the_console_is_there_unless_it_is_not_wanted(self):
        self.assertIn("<title>Loft</title>", self.http(self.start()[0].port, "GET", "/")[1])
        without, _ = self.start("--no-console", data="other")
        self.assertEqual(self.http(without.port, "GET", "/")[0], 405)
        self.assertEqual(self.http(without.port, "GET", "/app.js")[0], 404)
        self.assertEqual(self.http(without.port, "GET", "/healthz"), (200, "ok\n"))


class Watching(DaemonTest):
    def get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply.status, text

    def metrics(self, port):
        """Each sample by its name with labels, after a check of the format."""
        status, text = self.get(port, "/metrics")
        self.assertEqual(status, 200)
        samples, kinds = {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.assertNotIn(name, kinds)
                kinds[name] = kind
            elif not line.startswith("# HELP "):
                name, value = line.rsplit(" ", 1)
                self.assertIn(kinds[name.split("{")[0]], ("counter", "gauge"))
                self.assertNotIn(name, samples)
                samples[name] = float(value)
        return samples

    def test_metrics_count_blocks_and_calls(self):
        node, client = self.start()
        before = self.metrics(node.port)
        self.assertEqual(before["loft_head_number"], 0)
        self.assertEqual(before['loft_info{version="0.1.0",chain_id="31337"}'], 1)
        for _ in range(3):
            self.transfer(client)
        with self.assertRaises(RpcError):
            client.call("eth_nothing")
        with self.assertRaises(RpcError):
            client.call("eth_getBalance")
        after = self.metrics(node.port)
        self.assertEqual(after["loft_head_number"], 3)
        self.assertEqual(after["loft_blocks_total"], 3)
        client.call("evm_mine")
        self.assertEqual(self.metrics(node.port)["loft_blocks_total"], 4)
        self.assertEqual(after["loft_transactions_total"], 3)
        self.assertEqual(after["loft_gas_used_total"], 63000)
        self.assertEqual(after['loft_rpc_calls_total{method="eth_sendTransaction"}'], 3)
        self.assertEqual(after['loft_rpc_failures_total{method="eth_getBalance"}'], 1)
        self.assertEqual(after["loft_rpc_unknown_total"], 1)
        self.assertGreater(after['loft_rpc_seconds_total{method="eth_sendTransaction"}'], 0)
        self.assertGreaterEqual(after["loft_connections"], 1)
        self.assertGreater(after["process_resident_memory_bytes"], 1 << 20)
        self.assertGreater(after["loft_data_bytes"], 0)
        self.assertGreater(after["process_open_fds"], 3)
        self.assertEqual(self.metrics(node.port)['loft_pool_transactions{state="pending"}'], 0)

    def test_memory_does_not_grow_with_the_chain(self):
        node, client = self.start("--durability", "dev")
        self.transfer(client)
        if node.is_sanitized():
            self.skipTest("a sanitizer keeps what is freed")
        before = self.metrics(node.port)["process_private_memory_bytes"]
        client.call("hardhat_mine", hex(3000))
        for _ in range(1000):
            self.transfer(client)
        samples = self.metrics(node.port)
        self.assertEqual(samples["loft_blocks_total"], 4001)
        self.assertLess(samples["process_private_memory_bytes"] - before, 8 << 20)
        self.assertLess(samples["loft_data_bytes"], 4001 * 4096)

    def test_at_the_bound_of_its_data_a_node_is_not_ready_and_reads_on(self):
        bound = 2 << 20
        node, client = self.start("--data-bytes-max", str(bound))
        sent = 0
        with self.assertRaisesRegex(RpcError, "MDB_MAP_FULL|no space"):
            for sent in range(2000):
                self.transfer(client, data="0x" + "11" * 8000, gas=hex(1_000_000))
        self.assertEqual(self.get(node.port, "/readyz")[0], 503)
        samples = self.metrics(node.port)
        self.assertEqual(samples["loft_ready"], 0)
        self.assertLessEqual(samples["loft_data_bytes"], bound + (1 << 20))
        self.assertEqual(client.number("eth_blockNumber"), sent)
        self.assertEqual(node.stop(), 0)
        node, client = self.start("--data-bytes-max", str(2 * bound))
        self.transfer(client)
        self.assertEqual(self.get(node.port, "/readyz")[0], 200)

    def test_a_service_manager_hears_of_ready_life_and_end(self):
        path = self.folder + "/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(10)
            os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
            try:
                node, client = self.start()
            finally:
                del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
            self.assertEqual(manager.recv(512), b"READY=1\nSTATUS=block 0")
            self.transfer(client)
            self.assertTrue(manager.recv(512).startswith(b"WATCHDOG=1"))
            messages = [manager.recv(512) for _ in range(2)]
            self.assertIn(b"WATCHDOG=1", messages)
            self.assertEqual(node.stop(), 0)
            while not (last := manager.recv(512)).startswith(b"STOPPING=1"):
                self.assertTrue(last.startswith(b"WATCHDOG=1"))

    def test_ready_and_healthy(self):
        node, _ = self.start()
        self.assertEqual(self.get(node.port, "/readyz"), (200, "ready\n"))
        self.assertEqual(self.get(node.port, "/healthz"), (200, "ok\n"))


class Mining(DaemonTest):
    def test_a_receipt_is_there_when_the_reply_is(self):
        node, client = self.start()
        for i in range(20):
            tx = self.transfer(client)
            receipt = client.call("eth_getTransactionReceipt", tx)
            self.assertEqual(int(receipt["blockNumber"], 16), i + 1)
        self.assertEqual(node.stop(), 0)

    def test_logs_are_found_by_address_topic_and_block(self):
        node, client = self.start()
        made = client.send({"from": ALICE, "data": LOGGER})
        where = made["contractAddress"]
        for _ in range(3):
            receipt = client.send({"from": ALICE, "to": where})
        self.assertEqual(len(receipt["logs"]), 1)
        topic = "0x%064x" % 7
        ask = {"fromBlock": "0x0", "toBlock": "latest", "address": where, "topics": [topic]}
        logs = client.call("eth_getLogs", ask)
        self.assertEqual([int(log["blockNumber"], 16) for log in logs], [2, 3, 4])
        self.assertEqual(logs[2], receipt["logs"][0])
        self.assertEqual(client.call("eth_getLogs", {**ask, "topics": ["0x%064x" % 8]}), [])
        self.assertEqual(client.call("eth_getLogs", {**ask, "address": BOB}), [])
        self.assertEqual(client.call("eth_getLogs", {"blockHash": receipt["blockHash"]}), receipt["logs"])
        self.assertEqual(node.stop(), 0)

    def test_transactions_of_a_batch_share_a_block_that_later_calls_see(self):
        node, client = self.start()
        send = ("eth_sendTransaction", [{"from": ALICE, "to": BOB, "value": "0x1", "gas": "0x5208"}])
        replies = self.batch(node.port, [send] * 10 + [("eth_blockNumber", []), ("eth_getBalance", [BOB]), send])
        self.assertEqual(replies[10]["result"], "0x1")
        self.assertEqual(int(replies[11]["result"], 16), 10000 * ETHER + 10)
        blocks = {client.call("eth_getTransactionReceipt", reply["result"])["blockNumber"] for reply in replies[:10]}
        self.assertEqual(blocks, {"0x1"})
        self.assertEqual(client.call("eth_getTransactionReceipt", replies[12]["result"])["blockNumber"], "0x2")
        self.assertEqual(node.stop(), 0)

    def test_on_request_blocks_come_when_asked_for(self):
        node, client = self.start("--no-mining")
        tx = [self.transfer(client) for _ in range(3)]
        self.assertEqual(client.number("eth_blockNumber"), 0)
        self.assertEqual(client.number("eth_getTransactionCount", ALICE, "latest"), 0)
        self.assertEqual(client.number("eth_getTransactionCount", ALICE, "pending"), 3)
        self.assertIsNone(client.call("eth_getTransactionByHash", tx[0])["blockHash"])
        client.call("evm_mine")
        self.assertEqual({client.call("eth_getTransactionReceipt", one)["blockNumber"] for one in tx}, {"0x1"})
        client.call("anvil_mine", "0x5", "0x3c")
        self.assertEqual(client.number("eth_blockNumber"), 6)
        times = [int(client.call("eth_getBlockByNumber", hex(n), False)["timestamp"], 16) for n in range(2, 7)]
        self.assertEqual([b - a for a, b in zip(times, times[1:])], [60] * 4)
        at = times[-1] + 1000
        client.call("evm_mine", at)
        self.assertEqual(int(client.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16), at)
        with self.assertRaises(RpcError):
            client.call("evm_mine", at)
        self.assertEqual(node.stop(), 0)

    def test_at_an_interval_blocks_come_by_themselves(self):
        node, client = self.start("--block-time", "0.1")
        tx = self.transfer(client)
        client.receipt(tx)
        until = time.monotonic() + 20
        while client.number("eth_blockNumber") < 5 and time.monotonic() < until:
            time.sleep(0.05)
        self.assertGreaterEqual(client.number("eth_blockNumber"), 5)
        self.assertEqual(node.stop(), 0)

    def test_what_cannot_be_mined_is_refused_in_words(self):
        node, client = self.start()
        for more, text in (({"nonce": "0x0"}, "nonce too low"), ({"value": 20000 * ETHER}, "insufficient funds"),
                           ({"gas": "0x100"}, "intrinsic gas too low"), ({"gas": hex(40_000_000)}, "gas limit"),
                           ({"gasPrice": "0x1"}, "base fee"), ({"chainId": "0x1"}, "chainId")):
            self.transfer(client)
            with self.assertRaises(RpcError) as refusal:
                self.transfer(client, **more)
            self.assertIn(text, str(refusal.exception))
        with self.assertRaises(RpcError) as refusal:
            client.call("eth_sendTransaction", {"from": "0x" + "11" * 20, "to": BOB})
        self.assertIn("unknown account", str(refusal.exception))
        self.assertEqual(client.number("eth_getTransactionCount", ALICE, "pending"), 6)
        self.assertEqual(node.stop(), 0)

    def test_a_transaction_after_a_gap_waits_for_it(self):
        node, client = self.start()
        late = self.transfer(client, nonce="0x1")
        self.assertIsNone(client.call("eth_getTransactionReceipt", late))
        self.transfer(client, nonce="0x0")
        self.assertEqual(client.call("eth_getTransactionReceipt", late)["status"], "0x1")
        self.assertEqual(node.stop(), 0)


class Failing(DaemonTest):
    def test_a_killed_process_keeps_what_it_acknowledged(self):
        for durability in ("durable", "group", "dev"):
            node, client = self.start("--durability", durability, data=durability)
            sent = [self.transfer(client) for _ in range(30)]
            node.kill()
            self.assertEqual(self.run_to_end("--verify", data=durability).returncode, 0)
            node, client = self.start(data=durability)
            for tx in sent:
                self.assertEqual(client.call("eth_getTransactionReceipt", tx)["status"], "0x1")
            self.assertEqual(node.stop(), 0)

    def test_a_full_disk_is_an_error_and_loses_nothing(self):
        node, _ = self.start()
        node.stop()
        size = os.path.getsize(self.folder + "/data/data.mdb")
        limit = size + 200_000
        program = ["prlimit", f"--fsize={limit}", LOFTD] if shutil.which("prlimit") else None
        if not program:
            self.skipTest("prlimit is not installed")
        # The log has a file of its own, which is small.
        node = Node([*program, "--port", "0", "--data-dir", self.folder + "/data", "--quiet"], self.folder)
        self.nodes.append(node)
        node.start()
        client = Client(node.port)
        kept, failure = [], None
        data = "0x" + "11" * 4000
        for _ in range(200):
            try:
                kept.append(self.transfer(client, data=data, gas=hex(500_000)))
            except RpcError as error:
                failure = error
                break
        self.assertIsNotNone(failure)
        self.assertEqual(failure.code, -32603)
        self.assertRegex(str(failure), "no space|[Ff]ile too large")
        for tx in kept:
            self.assertEqual(client.call("eth_getTransactionReceipt", tx)["status"], "0x1")
        self.assertEqual(client.number("eth_getTransactionCount", ALICE, "pending"), len(kept))
        self.assertEqual(node.stop(), 0)
        self.assertEqual(self.run_to_end("--verify").returncode, 0)
        node, client = self.start()
        for tx in kept:
            self.assertEqual(client.call("eth_getTransactionReceipt", tx)["status"], "0x1")
        self.assertEqual(client.number("eth_getTransactionCount", ALICE), len(kept))
        self.transfer(client)
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    if not os.path.exists(LOFTD):
        print(f"skipped: {LOFTD} is not built")
        sys.exit(77)
    unittest.main(warnings="ignore")
