#!/usr/bin/env python3
"""Methods that geth, reth and anvil have beyond execution-apis, each as a
conversation with a running loftd.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd.
"""
import os
import pathlib
import sys
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e")]
from node_client import Client, RpcError  # noqa: E402
from node_test import NodeTest  # noqa: E402
from partial_trie import PartialTrie, rlp, unrlp  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
WHALE = "0x28c6c06298d514db089934071355e5743bf21d60"
# Reverts with what it was called with.
ECHO_REVERT = "0x365f5f37365ffd"


def word(value):
    return f"0x{value:064x}"


class MethodTest(NodeTest):
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
        error = self.refused("in time", "eth_sendRawTransactionSync", self.signed(), 50)
        self.assertEqual(error.code, 4)
        self.call("evm_mine")
        self.assertEqual(self.call("eth_getTransactionReceipt", error.data)["status"], "0x1")


class SyncAtIntervals(MethodTest):
    options = ("--block-time", "0.4")

    def test_a_block_is_waited_for(self):
        for method, what in (("eth_sendRawTransactionSync", self.signed()), ("eth_sendTransactionSync", {"from": ALICE, "to": BOB})):
            receipt = self.call(method, what, 20_000)
            self.assertEqual(receipt, self.call("eth_getTransactionReceipt", receipt["transactionHash"]))

    def test_many_wait_at_a_time_each_as_long_as_it_asks(self):
        self.call("evm_setIntervalMining", 0)
        raws = [self.signed(nonce=hex(n)) for n in range(8)]
        answers = {}

        def ask(n):
            client = Client(self.node.port)
            try:
                answers[n] = client.call("eth_sendRawTransactionSync", raws[n], "0x14" if n % 2 else 20_000)["status"]
            except RpcError as error:
                answers[n] = error.code

        threads = []
        for n in range(8):
            threads.append(threading.Thread(target=ask, args=(n,)))
            threads[-1].start()
            while self.number("eth_getTransactionCount", ALICE, "pending") <= n:
                time.sleep(0.005)
        for thread in threads[1::2]:
            thread.join()
        self.assertEqual(answers, {n: 4 for n in range(1, 8, 2)})
        self.call("evm_mine")
        for thread in threads:
            thread.join()
        self.assertEqual([answers[n] for n in range(0, 8, 2)], ["0x1"] * 4)


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

    def test_the_configuration_is_shown(self):
        config = self.call("debug_chainConfig")
        self.assertEqual((config["chainId"], config["londonBlock"], config["osakaTime"], config["terminalTotalDifficulty"]),
                         (31337, 0, 0, 0))
        self.assertEqual(config["blobSchedule"]["cancun"], {"target": 3, "max": 6, "baseFeeUpdateFraction": 3338477})

    def test_the_pool_is_cleared(self):
        self.call("evm_setAutomine", False)
        self.transfer()
        self.assertIsNone(self.call("debug_clearTxpool"))
        self.assertEqual(self.call("txpool_status"), {"pending": "0x0", "queued": "0x0"})


# A contract that stores its second word at its first, or clears it.
STORER = "0x6020355f355500"


class States(MethodTest):
    def setUp(self):
        super().setUp()
        self.call("anvil_setCode", BOB, STORER)

    def store(self, key, value, nonce):
        self.transfer(data=word(key) + word(value)[2:], gas="0x186a0", value="0x0", nonce=hex(nonce))

    def block_of_stores(self):
        """A block that stands on {1: 11, 2: 22} and makes {2: 0, 3: 33, 4: 44} of it, one at a time."""
        self.call("anvil_setStorageAt", BOB, "0x1", word(11))
        self.call("anvil_setStorageAt", BOB, "0x2", word(22))
        self.call("evm_setAutomine", False)
        for nonce, (key, value) in enumerate(((3, 33), (2, 0), (4, 44))):
            self.store(key, value, nonce)
        self.call("evm_mine")

    def range(self, index, start="0x", most=100, block="latest"):
        found = self.call("debug_storageRangeAt", block, index, BOB, start, most)
        for hashed, entry in found["storage"].items():
            self.assertEqual(self.call("web3_sha3", entry["key"]), hashed)
        self.assertEqual(list(found["storage"]), sorted(found["storage"]))
        return {int(e["key"], 16): int(e["value"], 16) for e in found["storage"].values()}, found["nextKey"]

    def test_storage_is_listed_as_it_was_between_two_transactions(self):
        self.block_of_stores()
        wanted = ({1: 11, 2: 22}, {1: 11, 2: 22, 3: 33}, {1: 11, 3: 33}, {1: 11, 3: 33, 4: 44})
        for index, slots in enumerate(wanted):
            self.assertEqual(self.range(index), (slots, None))
        self.call("evm_mine")
        self.assertEqual(self.range(0), (wanted[3], None))
        self.refused("out of range", "debug_storageRangeAt", "latest", 1, BOB, "0x", 10)
        self.assertEqual(self.call("debug_storageRangeAt", "latest", 0, ALICE, "0x", 10), {"storage": {}, "nextKey": None})

    def test_a_long_list_goes_on_where_it_ended(self):
        self.block_of_stores()
        seen, start = {}, "0x"
        while start:
            part, start = self.range(3, start, 1)
            self.assertEqual(len(part), 1)
            seen |= part
        self.assertEqual(seen, {1: 11, 3: 33, 4: 44})

    def test_an_account_is_shown_as_it_was_after_each_transaction(self):
        self.call("evm_setAutomine", False)
        self.transfer(nonce="0x0", to=WHALE, value="0x5")
        self.transfer(nonce="0x1", to=WHALE, value="0x6")
        self.call("evm_mine")
        for index, (balance, nonce) in enumerate(((5, 1), (11, 2))):
            self.assertEqual(self.call("debug_accountInfoAt", "latest", hex(index), WHALE),
                             {"balance": hex(balance), "nonce": "0x0", "code": "0x"})
            self.assertEqual(self.call("debug_accountInfoAt", "latest", index, ALICE)["nonce"], hex(nonce))
        self.assertEqual(self.call("debug_accountInfoAt", "latest", 0, BOB)["code"], STORER)
        self.refused("out of range", "debug_accountInfoAt", "latest", 2, BOB)

    def test_the_last_intermediate_root_is_the_blocks(self):
        self.block_of_stores()
        block = self.call("eth_getBlockByNumber", "latest", False)
        roots = self.call("debug_intermediateRoots", block["hash"])
        self.assertEqual((len(set(roots)), roots[-1]), (3, block["stateRoot"]))

    def test_the_state_is_listed(self):
        self.block_of_stores()
        block = self.call("eth_getBlockByNumber", "latest", False)
        dump = self.call("debug_dumpBlock", "latest")
        self.assertEqual("0x" + dump["root"], block["stateRoot"])
        accounts = {name.lower(): fields for name, fields in dump["accounts"].items()}
        bob, alice = accounts[BOB], accounts[ALICE]
        self.assertEqual(bob["code"], STORER)
        self.assertEqual(bob["storage"], {word(1): "0b", word(3): "21", word(4): "2c"})
        self.assertEqual(bob["root"], self.call("eth_getProof", BOB, [], "latest")["storageHash"])
        self.assertEqual((alice["balance"], alice["nonce"]), (str(self.number("eth_getBalance", ALICE)), 3))
        self.assertEqual(alice["key"], self.call("web3_sha3", ALICE))
        self.assertEqual(self.call("debug_codeByHash", bob["codeHash"]), STORER)
        self.assertIsNone(self.call("debug_codeByHash", word(7)))
        names, start = [], "0x"
        while start:
            part = self.call("debug_accountRange", "latest", start, 3, True, True)
            self.assertFalse(any("code" in a or "storage" in a for a in part["accounts"].values()))
            names += part["accounts"]
            start = part.get("next")
        self.assertEqual(names, list(dump["accounts"]))


def number_of(data):
    return data.lstrip(b"\0")


class Witness(MethodTest):
    """Who has nothing but a block's witness finds the state root after it."""

    def setUp(self):
        super().setUp()
        self.call("anvil_setCode", BOB, STORER)
        self.call("evm_setAutomine", False)
        self.nonce = 0
        self.hashes = {}

    def keccak(self, data):
        if data not in self.hashes:
            self.hashes[data] = bytes.fromhex(self.call("web3_sha3", "0x" + data.hex())[2:])
        return self.hashes[data]

    def store(self, key, value):
        self.send(to=BOB, data=word(key) + word(value)[2:])

    def send(self, **more):
        self.transfer(value=more.pop("value", "0x0"), gas="0x186a0", nonce=hex(self.nonce), **more)
        self.nonce += 1

    def storage_root(self, nodes, root, who, slots, block):
        trie = PartialTrie(root, nodes, self.keccak)
        for slot in slots:
            value = bytes.fromhex(self.call("eth_getStorageAt", who, "0x" + slot.hex(), block)[2:])
            trie.get(self.keccak(slot))
            trie.put(self.keccak(slot), rlp(number_of(value)) if any(value) else b"")
        return trie.root()

    def root_after(self, block):
        """The root of the parent's state, changed in what the witness names to what it is after the block."""
        witness = self.call("debug_executionWitness", block)
        nodes = {self.keccak(raw): raw for raw in (bytes.fromhex(node[2:]) for node in witness["state"])}
        self.assertEqual(len(nodes), len(witness["state"]))
        codes = {self.keccak(bytes.fromhex(code[2:])) for code in witness["codes"]}
        parent = unrlp(bytes.fromhex(witness["headers"][-1][2:]))[0]
        trie = PartialTrie(parent[3], nodes, self.keccak)
        accounts = {}
        for key in witness["keys"]:
            if len(key) == 42:
                accounts[key] = slots = []
            else:
                slots.append(bytes.fromhex(key[2:]))
        for who, slots in accounts.items():
            key = self.keccak(bytes.fromhex(who[2:]))
            before = trie.get(key)
            now = self.call("eth_getProof", who, [], block)
            code_hash = bytes.fromhex(now["codeHash"][2:])
            old = unrlp(before)[0] if before else [b"", b"", self.keccak(rlp(b"")), self.keccak(b"")]
            root = self.storage_root(nodes, old[2], who, slots, block)
            fields = [int(now[name], 16) for name in ("nonce", "balance")]
            is_there = any(code_hash)
            if is_there:
                self.assertEqual("0x" + root.hex(), now["storageHash"], who)
            quantities = [field.to_bytes((field.bit_length() + 7) // 8, "big") for field in fields]
            trie.put(key, rlp(quantities + [root, code_hash]) if is_there else b"")
        return "0x" + trie.root().hex(), codes, witness

    def check(self, block="latest"):
        root, codes, witness = self.root_after(block)
        self.assertEqual(root, self.call("eth_getBlockByNumber", block, False)["stateRoot"])
        return codes, witness

    def test_of_a_block_that_changes_and_clears_slots(self):
        for slot in range(60):
            self.call("anvil_setStorageAt", BOB, hex(slot), word(slot + 1))
        self.call("evm_mine")
        for slot in range(45):
            self.store(slot, 0)
        for slot in range(55, 65):
            self.store(slot, 7)
        self.call("evm_mine")
        codes, witness = self.check()
        self.assertIn(self.keccak(bytes.fromhex(STORER[2:])), codes)
        self.assertEqual(len(witness["headers"]), 1)
        for slot in [*range(45, 65)]:
            self.store(slot, 0)
        self.call("evm_mine")
        self.check()
        self.check("0x2")

    def test_of_slots_one_at_a_time(self):
        """Every shape that a branch can shrink to."""
        for slot in range(12):
            self.store(slot, 2**200 + slot)
        self.call("evm_mine")
        for slot in range(12):
            self.store(slot, 0)
            self.call("evm_mine")
            self.check()

    def test_of_accounts_that_come_and_go(self):
        gone = [f"0x{0xdead0000 + i:040x}" for i in range(40)]
        for who in gone:
            self.call("anvil_setNonce", who, 0)
        self.call("evm_mine")
        for i, who in enumerate(gone):
            self.send(to=who)
            self.send(to=f"0x{0xbeef0000 + i:040x}", value="0x1")
        self.call("evm_mine")
        self.check()

    def test_of_a_state_that_blocks_did_not_make(self):
        self.call("evm_mine")
        self.call("anvil_setBalance", WHALE, "0x5")
        self.send(to=WHALE)
        self.call("evm_mine")
        self.refused("changed between", "debug_executionWitness", "latest")
        self.call("evm_mine")
        self.check()
        self.refused("genesis", "debug_executionWitness", "0x0")

    def test_of_block_hashes(self):
        self.call("anvil_setCode", BOB, "0x600243034060005500")  # stores the hash of the block two before
        self.call("anvil_mine", 5)
        self.send(to=BOB)
        self.call("evm_mine")
        _, witness = self.check()
        self.assertEqual([int.from_bytes(unrlp(bytes.fromhex(h[2:]))[0][8], "big") for h in witness["headers"]], [4, 5])


# Answers the block's number and time, and slot 0, to which it adds one.
COUNTER = "0x" + "435f52" + "42602052" + "5f54604052" + "6001604051015f55" + "60605ff3"


class CallMany(MethodTest):
    def setUp(self):
        super().setUp()
        self.call("anvil_setCode", BOB, COUNTER)

    def values(self, bundles, *more):
        def read(answer):
            data = answer["value"][2:]
            return tuple(int(data[i:i + 64], 16) for i in range(0, 192, 64))
        return [[read(answer) for answer in bundle] for bundle in self.call("eth_callMany", bundles, *more)]

    def test_each_call_sees_those_before_it_and_each_bundle_is_a_block(self):
        now = int(self.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        to = {"to": BOB}
        self.assertEqual(self.values([{"transactions": [to, to]}, {"transactions": [to]}]),
                         [[(0, now, 0), (0, now, 1)], [(1, now + 1, 2)]])
        overridden = [{"transactions": [to], "blockOverride": {"number": "0x9", "time": "0x7"}}, {"transactions": [to]}]
        state = {BOB: {"stateDiff": {word(0): word(40)}}}
        self.assertEqual(self.values(overridden, {"blockNumber": "latest"}, state), [[(9, 7, 40)], [(10, 8, 41)]])
        self.assertEqual(self.number("eth_getStorageAt", BOB, "0x0"), 0)

    def test_each_can_be_traced(self):
        bundles = [{"transactions": [{"to": BOB}, {"to": BOB}]}, {"transactions": [{"from": ALICE, "to": BOB}]}]
        tracer = {"tracer": "callTracer", "stateOverrides": {BOB: {"stateDiff": {word(0): word(40)}}}}
        (first, second), (third,) = self.call("debug_traceCallMany", bundles, {"blockNumber": "latest"}, tracer)
        self.assertEqual([int(trace["output"][130:194], 16) for trace in (first, second, third)], [40, 41, 42])
        self.assertEqual(third["from"], ALICE)
        alone = self.call("debug_traceCall", {"to": BOB}, "latest", tracer)
        self.assertEqual(first, alone)
        steps = self.call("debug_traceCallMany", [{"transactions": [{"to": BOB}]}])[0][0]["structLogs"]
        self.assertEqual(steps, self.call("debug_traceCall", {"to": BOB}, "latest")["structLogs"])
        self.refused("no tracer", "debug_traceCallMany", bundles, None, {"tracer": "nobody"})

    def test_calls_begin_inside_of_a_block(self):
        self.call("evm_setAutomine", False)
        for nonce in range(3):
            self.transfer(nonce=hex(nonce), value="0x0", gas="0x186a0")
        self.call("evm_mine")
        bundle = [{"transactions": [{"to": BOB}]}]
        for index, want in ((0, 0), (2, 2), ("0x3", 3), (-1, 3), (None, 3)):
            self.assertEqual(self.values(bundle, {"blockNumber": "0x1", "transactionIndex": index})[0][0][2], want)
        self.refused("out of range", "eth_callMany", bundle, {"blockNumber": "0x1", "transactionIndex": 4})

    def test_a_call_that_fails_is_told_beside_the_others(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        reason = "0x08c379a0" + f"{32:064x}{2:064x}" + b"no".hex().ljust(64, "0")
        answers = self.call("eth_callMany", [{"transactions": [
            {"to": WHALE}, {"to": WHALE, "data": reason}, {"from": WHALE, "to": BOB, "value": "0x1"}, {"to": BOB}]}])[0]
        self.assertEqual([a.get("error") for a in answers[:2]], ["execution reverted", "execution reverted: no"])
        self.assertIn("insufficient funds", answers[2]["error"])
        self.assertEqual(int(answers[3]["value"][130:], 16), 0)
        self.refused("bundles", "eth_callMany", [])
        self.refused("transactions", "eth_callMany", [{}])
        self.refused("1000", "eth_callMany", [{"transactions": [{"to": ALICE}] * 1001}])


class Traces(MethodTest):
    def test_a_traced_call_may_pretend(self):
        self.call("anvil_setCode", BOB, COUNTER)
        trace = self.call("trace_call", {"to": BOB}, ["trace"], "latest", {BOB: {"stateDiff": {word(0): word(8)}}},
                          {"number": "0x9", "time": "0x7"})
        self.assertEqual(trace["output"], word(9) + word(7)[2:] + word(8)[2:])
        self.refused("number", "trace_call", {"to": BOB}, ["trace"], "latest", {}, {"number": "x"})

    def test_a_header_has_otterscans_name_too(self):
        self.assertEqual(self.call("ots_getHeaderByNumber", "0x0"), self.call("erigon_getHeaderByNumber", "0x0"))


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
