#!/usr/bin/env python3
"""Kills loftd (SIGKILL) while it takes snapshots, makes blocks, changes the state
and goes back, and looks whether each of these was done whole or not at all.

After each kill the head is the one that was acknowledged last or the one that
the call under way leads to, with the state that belongs to it; loftd --verify,
which repairs nothing, finds the state's root true.

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
LOAD_MS_MAX = 400
RECEIVER = "0x" + "ab" * 20
HOLDER = "0x" + "cd" * 20


class Work:
    """One client's chain: what it knows the head and the state to be, and what
    they may also be while a call is under way."""

    def __init__(self):
        self.now = None  # (block number, wei that arrived, slot)
        self.next = None
        self.done = {"transfer": 0, "set": 0, "mine": 0, "revert": 0}

    def attempt(self, kind, then, call, *arguments):
        self.next = then
        result = call(*arguments)
        self.now, self.next = then, None
        self.done[kind] += 1
        return result

    def steps(self, call, sender, rng):
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

    def load(self, port, connect, rng):
        try:
            link = connect(port)
            self.steps(link.call, link.call("eth_accounts")[0], rng)
        except (NodeFailed, Closed, OSError):
            pass

    def look(self, client):
        """What is, compared with what may be; it is what is from now on."""
        found = (client.number("eth_blockNumber"), client.number("eth_getBalance", RECEIVER, "latest"),
                 int(client.call("eth_getStorageAt", HOLDER, "0x0", "latest"), 16))
        may_be = [self.now, self.next] if self.now else [found]
        self.now, self.next = found, None
        return [] if found in may_be else [f"{found} is none of {may_be}"]


def one_round(node, work, rng):
    node.start()
    broken = work.look(Client(node.port))
    if broken:
        return broken
    thread = threading.Thread(target=work.load, args=(node.port, rng.choice([Client, WebSocket]), rng))
    thread.start()
    time.sleep(rng.uniform(0, LOAD_MS_MAX) / 1000)
    node.kill()
    thread.join()
    return []


def verify(command):
    done = subprocess.run([*command, "--verify"], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"--verify: {done.stderr.strip()}"]


def run(node, command, rng):
    work = Work()
    for number in range(ROUNDS):
        broken = verify(command) + one_round(node, work, rng)
        if broken:
            return [f"after kill {number}: {text}" for text in broken]
    node.start()
    broken = work.look(Client(node.port))
    if node.stop() != 0:
        broken.append("loftd did not end in order")
    print(f"{ROUNDS} kills; acknowledged: {work.done}")
    if not work.done["revert"] or not work.done["set"]:
        broken.append("too little was acknowledged to tell")
    return broken + verify(command)


def main():
    program = os.path.join(os.environ.get("LOFT_BIN", os.path.join(ROOT, "build", "release", "bin")), "loftd")
    if not os.access(program, os.X_OK):
        print(f"{program} is not there")
        return 77
    print(f"SEED={SEED}")
    folder = tempfile.mkdtemp(prefix="loft-reverted-")
    command = [program, "--data-dir", os.path.join(folder, "data")]
    node = Node([*command, "--port", "0"], folder)
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
