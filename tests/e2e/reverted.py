#!/usr/bin/env python3
"""Kills loftd (SIGKILL) while it takes snapshots, makes blocks, changes the state
and goes back, and looks whether each of these was done whole or not at all.

After each kill the head is the one that was acknowledged last or the one that
the call under way leads to, with the state that belongs to it; loftd --verify,
which repairs nothing, finds the state's root true.

Environment and exit status: kills.py.
"""
import sys

import kills
from kills import Client, WebSocket

RECEIVER = "0x" + "ab" * 20
HOLDER = "0x" + "cd" * 20


class Work:
    """One client's chain: what it knows the head and the state to be, and what
    they may also be while a call is under way."""

    def __init__(self, _folder):
        self.now = None  # (block number, wei that arrived, slot)
        self.next = None
        self.done = {"transfer": 0, "set": 0, "mine": 0, "revert": 0}

    def attempt(self, kind, then, call, *arguments):
        self.next = then
        result = call(*arguments)
        self.now, self.next = then, None
        self.done[kind] += 1
        return result

    def steps(self, call, rng):
        sender = call("eth_accounts")[0]
        points = []  # snapshots that can be gone back to, with what was then
        while True:
            number, wei, slot = self.now
            kind = rng.choice(["transfer", "transfer", "set", "mine", "snapshot", "revert"])
            if kind == "transfer":
                transfer = {"from": sender, "to": RECEIVER, "value": "0x1", "gas": "0x5208"}
                self.attempt(kind, (number + 1, wei + 1, slot), call, "eth_sendTransaction", transfer)
            elif kind == "set":
                value = rng.randrange(1, 2**64)
                self.attempt(kind, (number, wei, value), call, "anvil_setStorageAt", HOLDER, "0x0", f"0x{value:064x}")
            elif kind == "mine":
                self.attempt(kind, (number + 1, wei, slot), call, "evm_mine")
            elif kind == "snapshot":
                points.append((call("evm_snapshot"), self.now))
            elif points:
                at = rng.randrange(len(points))
                point, then = points[at]
                del points[at:]
                if not self.attempt(kind, then, call, "evm_revert", point):
                    raise AssertionError(f"snapshot {point} is gone")

    def options(self, rng):
        return []

    def load(self, port, rng):
        return [kills.until_gone(port, rng.choice([Client, WebSocket]), self.steps, rng)]

    def look(self, client, rng):
        """What is, compared with what may be; it is what is from now on."""
        found = (client.number("eth_blockNumber"), client.number("eth_getBalance", RECEIVER, "latest"),
                 int(client.call("eth_getStorageAt", HOLDER, "0x0", "latest"), 16))
        may_be = [self.now, self.next] if self.now else [found]
        self.now, self.next = found, None
        return [] if found in may_be else [f"{found} is none of {may_be}"]

    def summary(self):
        return str(self.done), bool(self.done["revert"] and self.done["set"])


if __name__ == "__main__":
    sys.exit(kills.main("reverted", Work))
