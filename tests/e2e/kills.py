"""Kills loftd (SIGKILL) at random moments under load, again and again on the
same data: the frame of the tests that look what such an end leaves behind.

A test's work has `options(rng)`, loftd's for one life; `look(client, rng)`,
which compares what is there with what was acknowledged and returns what is
broken, in sentences (rng is None when all is to be looked at); `load(port,
rng)`, threads that work until the daemon is gone; and `summary()`, a text and
whether enough was acknowledged to tell anything.

Environment: LOFT_BIN, the folder with loftd; SEED (1 where it says
nothing, "random" for another one each time) and ROUNDS.
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
from node_client import Client, Node, NodeFailed, RpcError  # noqa: E402

__all__ = ["Client", "NodeFailed", "RpcError", "WebSocket", "main", "until_gone"]
BROKEN_MAX = 10  # sentences that are printed


def until_gone(port, connect, work, *arguments):
    """A thread that works over one connection until it breaks."""

    def run():
        try:
            work(connect(port).call, *arguments)
        except (NodeFailed, Closed, OSError):
            pass

    return threading.Thread(target=run)


def verify(command):
    """Whether the state as the kill left it is what the head's root says."""
    done = subprocess.run([*command, "--verify"], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"--verify: {done.stderr.strip()}"]


class Killing:
    def __init__(self, command, folder, work, rng, load_ms_max):
        self.command, self.folder, self.work, self.rng = command, folder, work, rng
        self.load_ms_max = load_ms_max
        self.node = None

    def start(self, rng):
        self.node = Node([*self.command, "--port", "0", *self.work.options(self.rng)], self.folder)
        self.node.start()
        return self.work.look(Client(self.node.port), rng)

    def one_life(self):
        broken = verify(self.command) + self.start(self.rng)
        if broken:
            return broken
        threads = self.work.load(self.node.port, self.rng)
        for thread in threads:
            thread.start()
        time.sleep(self.rng.uniform(0, self.load_ms_max) / 1000)
        self.node.kill()
        for thread in threads:
            thread.join()
        return []

    def last_life(self):
        broken = self.start(None)
        if not broken and self.node.stop() != 0:
            broken = ["loftd did not end in order"]
        return broken + verify(self.command)

    def run(self, rounds):
        for number in range(rounds):
            broken = self.one_life()
            if broken:
                return [f"after kill {number}: {text}" for text in broken[:BROKEN_MAX]]
        broken = self.last_life()
        text, is_enough = self.work.summary()
        print(f"{rounds} kills; acknowledged: {text}")
        return broken if is_enough else [*broken, "too little was acknowledged to tell"]


def main(name, work, load_ms_max=400):
    seed = os.environ.get("SEED", "1")
    seed = time.time_ns() % 10**9 if seed == "random" else int(seed)
    program = os.path.join(os.environ.get("LOFT_BIN", os.path.join(ROOT, "build", "release", "bin")), "loftd")
    if not os.access(program, os.X_OK):
        print(f"{program} is not there")
        return 77
    print(f"SEED={seed}")
    folder = tempfile.mkdtemp(prefix=f"loft-{name}-")
    killing = Killing([program, "--data-dir", os.path.join(folder, "data")], folder, work(folder), random.Random(seed),
                      load_ms_max)
    try:
        broken = killing.run(int(os.environ.get("ROUNDS", 10)))
    except NodeFailed as failure:
        broken = [str(failure)]
    finally:
        if killing.node:
            killing.node.kill()
    for text in broken:
        print(text)
    if broken:
        print(f"log and data stay in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0
