#!/usr/bin/env python3
"""Kills loftd (SIGKILL) at random moments under load, again and again on the
same data, and looks for anything acknowledged that is gone.

An answer that a block exists, that a transaction was taken, or that the state
was changed, is a promise: after each kill the stored state is what the head's
root says (loftd --verify, which repairs nothing), and after each start every
such block has its number and hash, every transaction its receipt in the block
it was in, every slot that was set its value: those of the last life, some of
the lives before, and after the last kill all of them. Transactions come over
HTTP and WebSockets, while slots are set, the state is dumped, and backups are
made.

Environment: LOFT_BIN, the folder with loftd; SEED and ROUNDS, to repeat a run.
Exit status: 0 all kept, 1 something lost, 77 no loftd built.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))
from links import Closed, WebSocket  # noqa: E402
from node_client import Client, Node, NodeFailed  # noqa: E402

SEED = int(os.environ.get("SEED", time.time_ns() % 10**9))
ROUNDS = int(os.environ.get("ROUNDS", 10))
SENDERS = 3
LOAD_MS_MAX = 400
OLD_ONES = 200  # looked at again after each kill
RECEIVER = "0x" + "ab" * 20
HOLDER = "0x" + "cd" * 20  # of the slot that is set


class Promises:
    """What the daemon has acknowledged, over all its lives."""

    def __init__(self):
        self.taken = []  # hashes of transactions it answered for
        self.mined = {}  # hash of a transaction: hash of its block
        self.blocks = {}  # number of a block: its hash
        self.slot = 0  # the value that was set last
        self.dumps = 0
        self.seen_taken = 0  # how many have been looked at
        self.seen_blocks = 0

    def send(self, call, sender):
        """Transfers of 1 wei, one after another."""
        transfer = {"from": sender, "to": RECEIVER, "value": "0x1", "gas": "0x5208"}
        while True:
            tx_hash = call("eth_sendTransaction", transfer)
            self.taken.append(tx_hash)
            receipt = call("eth_getTransactionReceipt", tx_hash)
            self.mined[tx_hash] = receipt["blockHash"]
            self.blocks[receipt["blockNumber"]] = receipt["blockHash"]

    def set_slots(self, call):
        while True:
            call("anvil_setStorageAt", HOLDER, "0x0", f"0x{self.slot + 1:064x}")
            self.slot += 1

    def copy(self, call):
        while True:
            call("anvil_dumpState")
            call("loft_backup")
            self.dumps += 1

    def load(self, port, senders):
        """The threads that work until the daemon is gone."""

        def until_gone(connect, work, *arguments):
            try:
                work(connect(port).call, *arguments)
            except (NodeFailed, Closed, OSError):
                pass

        jobs = [(Client if i % 2 == 0 else WebSocket, self.send, sender) for i, sender in enumerate(senders)]
        jobs += [(WebSocket, self.set_slots), (Client, self.copy)]
        return [threading.Thread(target=until_gone, args=job) for job in jobs]

    def lost(self, client, rng):
        """The broken ones, each in a sentence; NodeFailed for a transaction
        that does not come back. With `rng` of the old ones only some."""
        taken, blocks = self.taken, list(self.blocks.items())
        if rng:
            taken = recent(taken, self.seen_taken, rng)
            blocks = recent(blocks, self.seen_blocks, rng)
        for number, block_hash in blocks:
            block = client.call("eth_getBlockByNumber", number, False)
            if block is None or block["hash"] != block_hash:
                yield f"block {int(number, 16)} was {block_hash} and is {block and block['hash']}"
        for tx_hash in taken:
            receipt = client.receipt(tx_hash)
            if self.mined.setdefault(tx_hash, receipt["blockHash"]) != receipt["blockHash"]:
                yield f"transaction {tx_hash} has moved to block {receipt['blockHash']}"
        slot = int(client.call("eth_getStorageAt", HOLDER, "0x0", "latest"), 16)
        if slot not in (self.slot, self.slot + 1):  # the last one was under way
            yield f"the slot was set to {self.slot} and is {slot}"
        self.slot = slot
        self.seen_taken, self.seen_blocks = len(self.taken), len(self.blocks)


def recent(items, seen, rng):
    """What is not seen yet, and some that were."""
    return items[seen:] + rng.sample(items[:seen], min(seen, OLD_ONES))


def books(client, senders):
    """What the state must agree about: each transfer is one nonce and one wei."""
    sent = sum(client.number("eth_getTransactionCount", sender, "latest") for sender in senders)
    arrived = client.number("eth_getBalance", RECEIVER, "latest")
    return [] if sent == arrived else [f"{sent} transfers sent, {arrived} arrived"]


def one_round(node, promises, rng):
    node.start()
    client = Client(node.port)
    senders = client.call("eth_accounts")[:SENDERS]
    broken = list(promises.lost(client, rng)) + books(client, senders)
    if broken:
        return broken
    threads = promises.load(node.port, senders)
    for thread in threads:
        thread.start()
    time.sleep(rng.uniform(0, LOAD_MS_MAX) / 1000)
    node.kill()
    for thread in threads:
        thread.join()
    return []


def verify(command):
    """Whether the state as the kill left it is what the head's root says."""
    done = subprocess.run([*command, "--verify"], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"--verify: {done.stderr.strip()}"]


def run(node, command, rng):
    promises = Promises()
    for number in range(ROUNDS):
        broken = verify(command) + one_round(node, promises, rng)
        if broken:
            return [f"after kill {number}: {text}" for text in broken[:10]]
    node.start()
    client = Client(node.port)
    broken = list(promises.lost(client, None)) + books(client, client.call("eth_accounts")[:SENDERS])
    if not broken and node.stop() != 0:
        broken = ["loftd did not end in order"]
    broken += verify(command)
    print(f"{ROUNDS} kills, {len(promises.taken)} transactions, {len(promises.blocks)} blocks, {promises.slot} changes of a "
          f"slot and {promises.dumps} dumps and backups acknowledged")
    if not promises.taken or not promises.slot:
        broken.append("nothing was acknowledged, so nothing was tested")
    return broken


def main():
    program = os.path.join(os.environ.get("LOFT_BIN", os.path.join(ROOT, "build", "release", "bin")), "loftd")
    if not os.access(program, os.X_OK):
        print(f"{program} is not there")
        return 77
    print(f"SEED={SEED}")
    folder = tempfile.mkdtemp(prefix="loft-killed-")
    command = [program, "--data-dir", os.path.join(folder, "data")]
    node = Node([*command, "--port", "0", "--backup-dir", os.path.join(folder, "backups")], folder)
    try:
        broken = run(node, command, random.Random(SEED))
    except NodeFailed as failure:
        broken = [str(failure)]
    finally:
        node.kill()
    for text in broken:
        print(text)
    if broken:
        print(f"log and data stay in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
