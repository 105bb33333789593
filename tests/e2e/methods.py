#!/usr/bin/env python3
"""Methods that geth, reth and anvil have beyond execution-apis, each as a
conversation with a running loftd.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd.
"""
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node, RpcError  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
ETHER = 10**18
# Reverts with what it was called with.
ECHO_REVERT = "0x365f5f37365ffd"


def word(value):
    return f"0x{value:064x}"


class MethodTest(unittest.TestCase):
    options = ()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loft-methods-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.node = Node([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/data", "--durability", "dev", "--quiet",
                          *self.options], self.folder)
        self.node.start()
        self.addCleanup(lambda: self.node.kill())
        self.client = Client(self.node.port)
        self.call = self.client.call
        self.number = self.client.number

    def refused(self, text, method, *params):
        with self.assertRaises(RpcError) as refusal:
            self.call(method, *params)
        self.assertIn(text, str(refusal.exception))
        return refusal.exception

    def transfer(self, **more):
        return self.call("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1", **more})

    def signed(self, **more):
        return self.call("eth_signTransaction", {"from": ALICE, "to": BOB, "gas": "0x186a0", **more})


class Sync(MethodTest):
    def test_the_receipt_is_the_answer(self):
        for nonce, receipt in enumerate((self.call("eth_sendRawTransactionSync", self.signed()),
                                         self.call("eth_sendTransactionSync", {"from": ALICE, "to": BOB}))):
            self.assertEqual((receipt["status"], receipt["blockNumber"]), ("0x1", hex(nonce + 1)))
            self.assertEqual(receipt, self.call("eth_getTransactionReceipt", receipt["transactionHash"]))

    def test_a_failure_has_a_receipt_too(self):
        self.call("anvil_setCode", BOB, ECHO_REVERT)
        for method, what in (("eth_sendRawTransactionSync", self.signed()),
                             ("eth_sendTransactionSync", {"from": ALICE, "to": BOB, "gas": "0x186a0"})):
            self.assertEqual(self.call(method, what)["status"], "0x0")

    def test_one_after_a_gap_is_not_taken(self):
        error = self.refused("nonce gap", "eth_sendRawTransactionSync", self.signed(nonce="0x2"))
        self.assertEqual((error.code, error.data), (6, "0x0"))
        self.assertEqual(self.call("txpool_status"), {"pending": "0x0", "queued": "0x0"})

    def test_one_that_is_not_mined_is_in_the_pool(self):
        self.call("evm_setAutomine", False)
        error = self.refused("in time", "eth_sendRawTransactionSync", self.signed())
        self.assertEqual(error.code, 4)
        self.call("evm_mine")
        self.assertEqual(self.call("eth_getTransactionReceipt", error.data)["status"], "0x1")


class Signing(MethodTest):
    def test_typed_data_is_signed_under_all_its_names(self):
        data = {"types": {"EIP712Domain": [{"name": "name", "type": "string"}], "Note": [{"name": "text", "type": "string"}]},
                "primaryType": "Note", "domain": {"name": "Loft"}, "message": {"text": "hello"}}
        want = self.call("eth_signTypedData_v4", ALICE, data)
        self.assertEqual(len(want), 132)
        for method in ("eth_signTypedData", "eth_signTypedData_v3"):
            self.assertEqual(self.call(method, ALICE, data), want)


class Raw(MethodTest):
    def test_all_transactions_of_a_block_are_shown_raw(self):
        self.call("evm_setAutomine", False)
        raws = [self.signed(nonce=hex(n)) for n in range(3)]
        for raw in raws:
            self.call("eth_sendRawTransaction", raw)
        self.call("evm_mine")
        self.assertEqual(self.call("debug_getRawTransactions", "latest"), raws)
        self.assertEqual(self.call("debug_getRawTransactions", "0x0"), [])

    def test_the_pool_is_cleared(self):
        self.call("evm_setAutomine", False)
        self.transfer()
        self.assertIsNone(self.call("debug_clearTxpool"))
        self.assertEqual(self.call("txpool_status"), {"pending": "0x0", "queued": "0x0"})


class Blocks(MethodTest):
    options = ("--block-time", "0.5")

    def test_an_interval_has_its_fraction(self):
        self.assertEqual(self.call("anvil_getIntervalMining"), 0.5)
        self.call("anvil_setIntervalMining", 3)
        self.assertEqual(self.call("anvil_getIntervalMining"), 3)


if __name__ == "__main__":
    if not os.access(LOFTD, os.X_OK):
        print(f"{LOFTD} is not there")
        sys.exit(77)
    unittest.main(warnings="ignore")
