#!/usr/bin/env python3
"""Kills loftd (SIGKILL) while transactions wait for blocks that are made at an
interval or on request, and looks whether each that was acknowledged is mined or
waits still, and none that was dropped or replaced does.

Environment and exit status: kills.py.
"""
import sys

import kills
from kills import Client, RpcError

SENDERS = 3
OLD_ONES = 200  # nonces of a sender that are looked at again after each kill
GWEI = 10**9
RECEIVER = "0x" + "ab" * 20
LIVES = [["--no-mining"], ["--no-mining"], ["--block-time", "0.04"], ["--no-mining", "--durability", "group"],
         ["--block-time", "0.04", "--durability", "dev"], []]  # the last mines all that waits at once


class Sender:
    """What one account has been promised: a hash for each nonce."""

    def __init__(self):
        self.promised = {}  # nonce: the hashes it may have, None for none
        self.gone = []  # dropped or replaced
        self.next = 0
        self.serial = 0
        self.seen = 0

    def send(self, call, who, nonce, price=2 * GWEI):
        """A transfer unlike all others; until it is answered there may be one."""
        self.serial += 1
        before = self.promised.get(nonce, {None})
        self.promised[nonce] = {*before, "?"}
        tx_hash = call("eth_sendTransaction", {"from": who, "to": RECEIVER, "value": hex(self.serial), "nonce": hex(nonce),
                                               "gas": "0x5208", "gasPrice": hex(price)})
        self.promised[nonce] = {tx_hash}
        self.gone += [one for one in before if one]

    def drop(self, call, nonce):
        (tx_hash,) = self.promised[nonce]
        self.promised[nonce] = {tx_hash, None}
        if call("anvil_dropTransaction", tx_hash):
            self.promised[nonce] = {None}
            self.gone.append(tx_hash)
        else:
            self.promised[nonce] = {tx_hash}

    def steps(self, call, who, rng):
        while True:
            nonce, kind = self.next, rng.choice(["send"] * 4 + ["gap", "replace", "drop"])
            self.next += 1
            if kind == "gap":
                self.send(call, who, nonce + 1)
                self.next += 1
            self.send(call, who, nonce)
            try:
                if kind == "replace":
                    self.send(call, who, nonce, 3 * GWEI)
            except RpcError:  # the first one was mined in between
                self.promised[nonce].discard("?")
            if kind == "drop":
                self.drop(call, nonce)
                if None in self.promised[nonce]:
                    self.send(call, who, nonce)

    def lost(self, client, who, rng):
        content = client.call("txpool_contentFrom", who)
        waits = {int(nonce): tx["hash"] for kind in content.values() for nonce, tx in kind.items()}
        mined = client.number("eth_getTransactionCount", who, "latest")
        for nonce in sorted(self.promised):
            may_be = self.promised[nonce]
            if rng and nonce < self.seen and rng.random() * self.seen > OLD_ONES:
                continue
            found = waits.get(nonce)
            if found is None and nonce < mined:
                found = client.call("eth_getTransactionBySenderAndNonce", who, hex(nonce))["hash"]
            if found not in may_be and ("?" not in may_be or found is None or found in self.gone):
                yield f"nonce {nonce} of {who} is {found}, not one of {may_be}"
            self.promised[nonce] = {found}
        for nonce in waits.keys() - self.promised.keys():
            yield f"nonce {nonce} of {who} waits, and nobody sent it"
        for tx_hash in recent(self.gone, rng):
            if client.call("eth_getTransactionByHash", tx_hash):
                yield f"{tx_hash} was dropped or replaced, and is back"
        self.promised = {nonce: hashes for nonce, hashes in self.promised.items() if hashes != {None}}
        self.next = max([mined - 1, *self.promised]) + 1
        self.seen = mined


def recent(items, rng):
    return items[-OLD_ONES:] if rng else items


class Waiting:
    def __init__(self, _folder):
        self.senders = {}
        self.mined = 0
        self.lives = 0

    def options(self, rng):
        self.lives += 1
        return LIVES[(self.lives - 1) % len(LIVES)]

    def mine(self, call, rng):
        while True:
            if rng.random() < 0.05:
                call("evm_mine")
                self.mined += 1
            else:
                call("eth_chainId")

    def load(self, port, rng):
        jobs = [(sender.steps, who) for who, sender in self.senders.items()]
        return [kills.until_gone(port, Client, *job, rng) for job in [*jobs, (self.mine,)]]

    def look(self, client, rng):
        for who in client.call("eth_accounts")[:SENDERS]:
            self.senders.setdefault(who, Sender())
        return [text for who, sender in self.senders.items() for text in sender.lost(client, who, rng)]

    def summary(self):
        sent = sum(sender.serial for sender in self.senders.values())
        gone = sum(len(sender.gone) for sender in self.senders.values())
        return f"{sent} transactions, {gone} dropped or replaced, {self.mined} blocks on request", bool(sent and gone)


if __name__ == "__main__":
    sys.exit(kills.main("waiting", Waiting))
