"""A test with a daemon of its own, on data that go when the test ends."""
import os
import shutil
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools"))
from node_client import Client, Node  # noqa: E402

LOFTD = os.path.join(os.environ.get("LOFT_BIN", os.path.join(ROOT, "build", "release", "bin")), "loftd")


class NodeTest(unittest.TestCase):
    options = ()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.node = Node([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/data", "--durability", "dev", "--quiet",
                          *self.options], self.folder)
        self.node.start()
        self.addCleanup(lambda: self.node.kill())
        self.client = Client(self.node.port)
        self.call = self.client.call
        self.number = self.client.number
