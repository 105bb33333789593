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

Environment and exit status: kills.py.
"""
import os
import sys

import kills
from kills import Client, WebSocket

SENDERS = 3
OLD_ONES = 200  # looked at again after each kill
RECEIVER = "0x" + "ab" * 20
HOLDER = "0x" + "cd" * 20  # of the slot that is set


class Promises:
    """What the daemon has acknowledged, over all its lives."""

    def __init__(self, folder):
        self.backups = os.path.join(folder, "backups")
        self.senders = []
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

    def options(self, rng):
        return ["--backup-dir", self.backups]

    def load(self, port, rng):
        jobs = [(Client if i % 2 == 0 else WebSocket, self.send, sender) for i, sender in enumerate(self.senders)]
        jobs += [(WebSocket, self.set_slots), (Client, self.copy)]
        return [kills.until_gone(port, *job) for job in jobs]

    def look(self, client, rng):
        self.senders = client.call("eth_accounts")[:SENDERS]
        return list(self.lost(client, rng)) + books(client, self.senders)

    def summary(self):
        return (f"{len(self.taken)} transactions, {len(self.blocks)} blocks, {self.slot} changes of a slot and "
                f"{self.dumps} dumps and backups", bool(self.taken and self.slot))

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


if __name__ == "__main__":
    sys.exit(kills.main("killed", Promises))
