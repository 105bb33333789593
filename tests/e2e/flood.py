#!/usr/bin/env python3
"""A daemon in a flood of hostile peers: what another daemon, and whoever speaks
JSON-RPC to it, still get.

FLOOD_SECONDS says how long (5); from 30 on pings and calls have their bounds.
Exit status: 0 all pass, 1 not, 77 no loftd or no test_flood built.
Environment: LOFT_BIN, the folder with loft, loftd and test_flood.
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node  # noqa: E402

BIN = pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin"))
SECONDS = float(os.environ.get("FLOOD_SECONDS", 5))
JUDGED_FROM_SECONDS = 30
MEDIAN_MS_MAX = 50
SOON = 60
ALICE, BOB = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"


def metric(client, name):
    client.connection.request("GET", "/metrics")
    text = client.connection.getresponse().read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))


class FloodTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-flood-")
        self.addCleanup(shutil.rmtree, self.folder)

    def daemon(self, name, *options):
        folder = f"{self.folder}/{name}"
        os.mkdir(folder)
        node = Node([str(BIN / "loftd"), "--port", "0", "--data-dir", f"{folder}/data", "--durability", "dev",
                     *options], folder)
        self.addCleanup(node.kill)
        node.start()
        client = Client(node.port)
        self.addCleanup(client.connection.close)
        return node, client

    def wait_until(self, holds, what):
        end = time.monotonic() + SOON
        while not holds():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def crowd(self, port):
        crowd = subprocess.Popen([str(BIN / "test_flood"), "attack", str(port)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(crowd.stdout.close)
        self.addCleanup(crowd.wait)
        self.addCleanup(crowd.kill)
        return crowd

    def test_peers_and_calls_are_answered_meanwhile(self):
        victim_node, victim = self.daemon("victim", "--listen", "/ip4/127.0.0.1/tcp/0", "--relay")
        identity = victim.call("loft_peerId")
        address = identity["addresses"][0]
        _, honest = self.daemon("honest", "--peer", address)
        self.wait_until(lambda: honest.call("loft_peers"), "connected")
        memory, cpu = metric(victim, "process_private_memory_bytes"), metric(victim, "process_cpu_seconds_total")
        crowd = self.crowd(re.search(r"/tcp/(\d+)", address)[1])
        pings, calls, began = [], [], time.monotonic()
        while time.monotonic() - began < SECONDS or not (
                metric(victim, "loft_peers_refused_total") and "peer_banned" in victim_node.log()):
            self.assertLess(time.monotonic() - began, SECONDS + SOON, "nobody is banned")
            pings.append(int(honest.call("loft_peerPing", identity["id"])["roundTripMicroseconds"], 16) / 1000)
            asked = time.monotonic()
            victim.call("eth_getBalance", ALICE, "latest")
            calls.append((time.monotonic() - asked) * 1000)
            receipt = victim.send({"from": ALICE, "to": BOB, "value": "0x1"})
            self.assertEqual(receipt["status"], "0x1")
            time.sleep(0.01)
        seconds = time.monotonic() - began
        cpu = metric(victim, "process_cpu_seconds_total") - cpu
        memory = metric(victim, "process_private_memory_bytes") - memory
        crowd.terminate()
        report = json.loads(crowd.communicate(timeout=SOON)[0])
        pings.sort()
        calls.sort()
        print(f"{seconds:.0f} s: {sum(report['bytes'].values()) / 1e6:.0f} MB from attackers that took "
              f"{report['cpu_ms'] / seconds / 10:.0f} % of a processor, the daemon {cpu / seconds * 100:.0f} %; "
              f"its memory grew by {memory / 2**20:.1f} MiB\n"
              f"pings: {len(pings)}, median {statistics.median(pings):.2f} ms, p99 {pings[len(pings) * 99 // 100]:.2f}; "
              f"calls: median {statistics.median(calls):.2f} ms, p99 {calls[len(calls) * 99 // 100]:.2f}", flush=True)
        self.assertEqual([peer["id"] for peer in honest.call("loft_peers")], [identity["id"]])
        self.assertIn("peer_fault", victim_node.log())
        if not victim_node.is_sanitized():
            self.assertLess(memory, 128 << 20)
        if SECONDS >= JUDGED_FROM_SECONDS:
            self.assertLess(statistics.median(pings), MEDIAN_MS_MAX)
            self.assertLess(statistics.median(calls), MEDIAN_MS_MAX)
        self.assertEqual(victim_node.stop(), 0)


if __name__ == "__main__":
    if not (BIN / "loftd").exists() or not (BIN / "test_flood").exists():
        print("no loftd or no test_flood built")
        sys.exit(77)
    unittest.main(verbosity=2)
