#!/usr/bin/env python3
"""Daemons that are peers of each other: found in three commands, pinged,
measured, banned from restart to restart, reached through a relay.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loft and loftd.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node  # noqa: E402

BIN = pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin"))
LISTEN = ("--listen", "/ip4/127.0.0.1/tcp/0")
SOON = 60  # seconds, on a machine that does other things too


class Peer:
    """A daemon, and `loft` asking it."""

    def __init__(self, test, name, *options):
        self.test = test
        self.node = Node([str(BIN / "loftd"), "--port", "0", "--data-dir", f"{test.folder}/{name}", "--quiet", *options],
                         test.folder)
        test.addCleanup(self.node.kill)
        self.start()

    def start(self):
        self.node.start()
        identity = self.json("peer", "id")
        self.id, self.addresses = identity["id"], identity["addresses"]

    def restart(self):
        self.node.stop()
        self.start()

    def loft(self, *words, expect=0):
        done = subprocess.run([str(BIN / "loft"), *words, "--rpc-url", f"http://127.0.0.1:{self.node.port}"],
                              capture_output=True, text=True, timeout=SOON)
        self.test.assertEqual(done.returncode, expect, (words, done.stdout, done.stderr))
        return done.stdout if expect == 0 else done.stderr

    def json(self, *words):
        return json.loads(self.loft(*words, "--json"))

    def peers(self):
        return {peer["id"]: peer for peer in self.json("peer", "list")}

    def call(self, method, *params):
        client = Client(self.node.port)
        try:
            return client.call(method, *params)
        finally:
            client.connection.close()


class Libp2pTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-libp2p-")
        self.addCleanup(shutil.rmtree, self.folder)

    def wait_until(self, holds, what):
        end = time.monotonic() + SOON
        while not holds():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def test_two_daemons_find_each_other(self):
        alice = Peer(self, "alice", *LISTEN)
        bob = Peer(self, "bob")
        connected = bob.json("peer", "connect", alice.addresses[0])
        self.assertEqual(connected["id"], alice.id)
        self.assertTrue(connected["agent"].startswith("loft/"))
        self.assertEqual(connected["direction"], "out")
        self.assertEqual(alice.peers()[bob.id]["direction"], "in")
        self.assertEqual(alice.call("net_peerCount"), "0x1")
        self.assertIn("answered in", bob.loft("peer", "ping", alice.id, "--text"))
        self.assertEqual(bob.loft("peer", "disconnect", alice.id, "--text"), "disconnected\n")
        self.wait_until(lambda: not alice.peers(), "disconnected on the other side, too")
        self.assertEqual(bob.loft("peer", "disconnect", alice.id, "--text"), "was not connected\n")
        self.assertEqual(bob.json("peer", "connect", alice.id)["id"], alice.id)

    def test_a_peer_that_is_kept_up_comes_back(self):
        alice = Peer(self, "alice", "--listen", "/ip4/127.0.0.1/tcp/0", "--peer-key", self.folder + "/key")
        bob = Peer(self, "bob", "--peer", alice.addresses[0])
        self.wait_until(bob.peers, "connected from the start on")
        self.assertEqual(os.stat(self.folder + "/key").st_mode & 0o777, 0o600)
        before = alice.id
        alice.restart()
        self.assertEqual(alice.id, before)

    def test_who_is_banned_stays_out_from_restart_to_restart(self):
        alice = Peer(self, "alice", *LISTEN)
        bob = Peer(self, "bob")
        bob.json("peer", "connect", alice.addresses[0])
        self.assertEqual(alice.loft("peer", "ban", bob.id, "--why", "for the test", "--text"), "banned\n")
        self.wait_until(lambda: not bob.peers(), "the connection ends")
        alice.restart()
        bans = alice.json("peer", "bans")
        self.assertEqual([(ban["id"], ban["why"], ban["until"]) for ban in bans], [(bob.id, "for the test", None)])
        self.assertIn("banned", alice.loft("peer", "connect", f"/ip4/127.0.0.1/tcp/1/p2p/{bob.id}", expect=1))
        self.assertEqual(alice.loft("peer", "unban", bob.id, "--text"), "may connect again\n")
        self.assertEqual(bob.json("peer", "connect", alice.addresses[0])["id"], alice.id)

    def test_speed_is_measured_where_the_other_side_lets_us(self):
        alice = Peer(self, "alice", *LISTEN, "--peer-perf")
        bob = Peer(self, "bob", *LISTEN)
        bob.json("peer", "connect", alice.addresses[0])
        result = bob.json("peer", "perf", alice.id, "--upload", "1000000", "--download", "2000000")
        self.assertEqual((result["uploadBytes"], result["downloadBytes"]), (hex(1000000), hex(2000000)))
        self.assertIn("--peer-perf", alice.loft("peer", "perf", bob.id, expect=1))

    def connect(self, bob, alice, holds, what):
        """Again and again, as alice may not have her place yet."""
        def is_so():
            subprocess.run([str(BIN / "loft"), "peer", "connect", alice.addresses[0], "--rpc-url",
                            f"http://127.0.0.1:{bob.node.port}"], capture_output=True, timeout=SOON)
            return holds()
        self.wait_until(is_so, what)

    def metrics(self, peer):
        with urllib.request.urlopen(f"http://127.0.0.1:{peer.node.port}/metrics", timeout=SOON) as reply:
            return reply.read().decode()

    def test_a_peer_behind_a_relay_is_reached_through_it(self):
        relay = Peer(self, "relay", *LISTEN, "--relay")
        alice = Peer(self, "alice", "--listen", relay.addresses[0] + "/p2p-circuit")
        bob = Peer(self, "bob")
        self.assertEqual(alice.addresses[0], f"{relay.addresses[0]}/p2p-circuit/p2p/{alice.id}")
        self.wait_until(alice.peers, "the relay is connected")
        self.connect(bob, alice, lambda: "p2p-circuit" in bob.peers().get(alice.id, {}).get("address", ""), "through it")
        self.assertIn("p2p-circuit", alice.peers()[bob.id]["address"])
        self.assertIn("answered in", alice.loft("peer", "ping", bob.id, "--text"))
        metrics = self.metrics(relay)
        self.assertIn("\nloft_relay_reservations 1\n", metrics)
        self.assertIn("\nloft_relay_circuits 1\n", metrics)
        self.assertEqual(relay.json("node", "status")["peers"], "0x2")

    def test_a_relay_gives_no_more_than_it_was_told(self):
        relay = Peer(self, "relay", *LISTEN, "--relay", "--relay-reservations-max", "1",
                     "--relay-circuit-seconds-max", "1")
        circuit = relay.addresses[0] + "/p2p-circuit"
        alice = Peer(self, "alice", "--listen", circuit)
        self.wait_until(lambda: "\nloft_relay_reservations 1\n" in self.metrics(relay), "alice has a place")
        Peer(self, "carol", "--listen", circuit)
        self.wait_until(lambda: "\nloft_relay_refused_total 0\n" not in self.metrics(relay), "carol is refused one")
        self.assertIn("\nloft_relay_reservations 1\n", self.metrics(relay))
        bob = Peer(self, "bob")
        self.connect(bob, alice, lambda: "\nloft_relay_circuits_total 0\n" not in self.metrics(relay), "through it")
        self.wait_until(lambda: alice.id not in bob.peers(), "the connection is cut")
        self.wait_until(lambda: "\nloft_relay_circuits 0\n" in self.metrics(relay), "it no longer counts")

    def test_a_node_that_is_no_relay_refuses(self):
        plain = Peer(self, "plain", *LISTEN)
        bob = Peer(self, "bob")
        nobody = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
        self.assertIn("refused", bob.loft("peer", "connect", f"{plain.addresses[0]}/p2p-circuit/p2p/{nobody}", expect=1))

    def test_a_node_without_peers_says_so(self):
        alone = Node([str(BIN / "loftd"), "--port", "0", "--temporary", "--no-p2p", "--quiet"], self.folder)
        self.addCleanup(alone.kill)
        alone.start()
        done = subprocess.run([str(BIN / "loft"), "peer", "list", "--rpc-url", f"http://127.0.0.1:{alone.port}"],
                              capture_output=True, text=True, timeout=SOON)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--no-p2p", done.stderr)


if __name__ == "__main__":
    if not (BIN / "loftd").exists():
        print("skipped: no loftd in", BIN)
        sys.exit(77)
    unittest.main()
