#!/usr/bin/env python3
"""Backups while the node works, and the chain out of one node and into
another: what comes back is the same, to the state root.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loft and loftd.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node, RpcError  # noqa: E402

BIN = pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin"))
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


class BackupTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-backup-")
        self.addCleanup(shutil.rmtree, self.folder)

    def start(self, data, *options):
        node = Node([str(BIN / "loftd"), "--port", "0", "--data-dir", f"{self.folder}/{data}", "--quiet", *options],
                    self.folder)
        self.addCleanup(node.kill)
        node.start()
        client = Client(node.port)
        self.addCleanup(client.connection.close)
        return node, client

    def loft(self, *words, port=None, expect=0):
        env = dict(os.environ, LOFT_RPC_URL=f"http://127.0.0.1:{port}")
        done = subprocess.run([str(BIN / "loft"), *words], capture_output=True, text=True, timeout=120, env=env)
        self.assertEqual(done.returncode, expect, (words, done.stdout, done.stderr))
        return done

    def transfers(self, client, count, start=1):
        for i in range(start, start + count):
            client.call("eth_sendTransaction", {"from": ALICE, "to": "0x%040x" % (0x10000 + i), "value": "0x1"})

    def verify(self, path):
        done = subprocess.run([str(BIN / "loftd"), "--verify", "--data-dir", path], capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def same_chain(self, first, second, upto):
        for number in {0, 1, upto // 2, upto}:
            blocks = [c.call("eth_getBlockByNumber", hex(number), True) for c in (first, second)]
            self.assertEqual(*blocks)


class Backups(BackupTest):
    def test_one_taken_under_load_restores_to_the_same_root(self):
        node, client = self.start("data", "--backup-dir", self.folder + "/backups")
        self.transfers(client, 200)
        stop, sent = threading.Event(), []

        def load():
            own = Client(node.port)
            i = 1000
            while not stop.is_set():
                self.transfers(own, 1, i)
                sent.append(i)
                i += 1
            own.connection.close()

        thread = threading.Thread(target=load)
        thread.start()
        backups = []
        try:
            for _ in range(3):
                before = len(sent)
                backups.append(client.call("loft_backup"))
                while len(sent) < before + 20:
                    time.sleep(0.01)
        finally:
            stop.set()
            thread.join()
        self.assertEqual(sorted(os.listdir(self.folder + "/backups")), [os.path.basename(b["path"]) for b in backups])
        for backup in backups:
            self.assertEqual(os.path.getsize(backup["path"] + "/data.mdb"), int(backup["bytes"], 16))
            self.assertIn("ok: block", self.verify(backup["path"]))
        shutil.copytree(backups[1]["path"], self.folder + "/restored")
        _, restored = self.start("restored")
        head = restored.number("eth_blockNumber")
        self.assertGreaterEqual(head, int(backups[1]["blockNumber"], 16))
        self.assertLess(head, client.number("eth_blockNumber"))
        self.same_chain(client, restored, head)
        self.transfers(restored, 3, 5000)  # and goes on
        self.assertEqual(restored.number("eth_blockNumber"), head + 3)

    def test_a_fork_goes_on_from_the_same_block(self):
        remote, far = self.start("remote")
        self.transfers(far, 5)
        url = f"http://localhost:{remote.port}"
        _, client = self.start("data", "--fork-url", url, "--backup-dir", self.folder + "/backups", "--backups-kept", "1")
        self.transfers(client, 3, 100)
        client.call("loft_backup")
        backup = client.call("loft_backup")["path"]  # the second, which removes the first
        self.assertEqual(len(os.listdir(self.folder + "/backups")), 1)
        self.transfers(far, 4, 200)  # the newest block there is another one now
        _, restored = self.start("backups/" + os.path.basename(backup), "--fork-url", url)
        self.assertEqual(restored.number("eth_blockNumber"), 8)
        self.same_chain(client, restored, 8)
        self.transfers(restored, 1, 300)

    def test_the_newest_are_kept(self):
        _, client = self.start("data", "--backup-dir", self.folder + "/backups", "--backups-kept", "2")
        os.makedirs(self.folder + "/backups/loft-20200101T000000.000Z.part")
        pathlib.Path(self.folder + "/backups/other").touch()
        made = [os.path.basename(client.call("loft_backup")["path"]) for _ in range(4)]
        self.assertEqual(sorted(os.listdir(self.folder + "/backups")), made[2:] + ["other"])

    def test_without_a_folder_there_are_none(self):
        _, client = self.start("data")
        with self.assertRaisesRegex(RpcError, "--backup-dir"):
            client.call("loft_backup")

    def test_a_backup_that_fails_leaves_nothing(self):
        _, client = self.start("data", "--backup-dir", "/proc/nowhere")
        with self.assertRaisesRegex(RpcError, "/proc/nowhere"):
            client.call("loft_backup")
        client.call("eth_blockNumber")


class Transport(BackupTest):
    def test_an_exported_chain_imports_to_the_same(self):
        node, client = self.start("data")
        self.transfers(client, 300)
        head = client.number("eth_blockNumber")
        began = str(int(client.call("eth_getBlockByNumber", "0x0", False)["timestamp"], 16))
        online, offline = self.folder + "/online.rlp", self.folder + "/offline.rlp"
        self.loft("export", online, port=node.port)
        self.loft("export", offline, "--data-dir", self.folder + "/data", expect=1)  # it is in use
        self.assertFalse(os.path.exists(offline))
        blocks = [client.call("eth_getBlockByNumber", hex(n), True) for n in range(head + 1)]
        self.loft("node", "stop", "--data-dir", self.folder + "/data")
        self.loft("node", "stop", "--data-dir", self.folder + "/data", expect=2)
        self.loft("export", offline, "--data-dir", self.folder + "/data")
        self.assertEqual(pathlib.Path(online).read_bytes(), pathlib.Path(offline).read_bytes())

        done = self.loft("import", online, "--data-dir", self.folder + "/copy", "--timestamp", began)
        self.assertEqual(done.stdout, f"{head}\n")
        self.verify(self.folder + "/copy")
        _, copy = self.start("copy")
        self.assertEqual([copy.call("eth_getBlockByNumber", hex(n), True) for n in range(head + 1)], blocks)

    def test_a_part_of_the_chain_is_exported(self):
        node, client = self.start("data")
        self.transfers(client, 10)
        raw = [bytes.fromhex(client.call("debug_getRawBlock", hex(n))[2:]) for n in range(11)]
        path = self.folder + "/part.rlp"
        self.loft("export", path, "--from", "3", "--to", "5", port=node.port)
        self.assertEqual(pathlib.Path(path).read_bytes(), b"".join(raw[3:6]))
        self.loft("export", path, "--to", "11", port=node.port, expect=3)
        self.loft("export", self.folder + "/no/where.rlp", port=node.port, expect=1)

    def test_a_bad_block_is_named_and_those_before_it_stay(self):
        node, client = self.start("data")
        self.transfers(client, 5)
        began = str(int(client.call("eth_getBlockByNumber", "0x0", False)["timestamp"], 16))
        path = self.folder + "/chain.rlp"
        self.loft("export", path, port=node.port)
        data = bytearray(pathlib.Path(path).read_bytes())
        data[-20] ^= 1
        pathlib.Path(path).write_bytes(data)
        done = self.loft("import", path, "--data-dir", self.folder + "/copy", "--timestamp", began, expect=1)
        self.assertIn("block 5 of the file", done.stderr)
        _, copy = self.start("copy")
        self.assertEqual(copy.number("eth_blockNumber"), 4)

    def test_status_and_backup_by_command(self):
        node, client = self.start("data", "--backup-dir", self.folder + "/backups")
        self.transfers(client, 2)
        self.assertIn("head", self.loft("node", "status", "--text", port=node.port).stdout)
        self.assertIn(self.folder, self.loft("backup", "--text", port=node.port).stdout)
        self.assertEqual(len(os.listdir(self.folder + "/backups")), 1)


if __name__ == "__main__":
    if not (BIN / "loftd").exists():
        print(f"no loftd in {BIN}: skipped")
        sys.exit(77)
    unittest.main()
