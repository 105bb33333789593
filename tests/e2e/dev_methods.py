#!/usr/bin/env python3
"""The methods of development chains: anvil_, evm_ and hardhat_, each as a
conversation with a running loftd.

Exit status: 0 all pass, 1 not, 77 no loftd built.
Environment: LOFT_BIN, the folder with loftd.
"""
import gzip
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node, RpcError  # noqa: E402
from node_test import NodeTest  # noqa: E402

LOFTD = str(pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd")
ALICE = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
BOB = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
WHALE = "0x28c6c06298d514db089934071355e5743bf21d60"
ETHER = 10**18
# Returns its 32 bytes of storage at slot 0.
READER = "0x5f545f5260205ff3"
# Reverts with what it was called with.
ECHO_REVERT = "0x365f5f37365ffd"
# INVALID.
BROKEN = "0xfe"

# Gives what it was called with to console.log.
SPEAKER = "0x365f5f375f5f365f73000000000000000000636f6e736f6c652e6c6f675afa00"


def console_line(text):
    """log(string)"""
    return "0x41304fac" + selector_error(text)[10:]


def word(value):
    return f"0x{value:064x}"


def selector_error(text):
    data = text.encode()
    return "0x08c379a0" + f"{32:064x}{len(data):064x}" + (data + bytes(-len(data) % 32)).hex()


class DevTest(NodeTest):
    def restart(self):
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.client.__init__(self.node.port)

    def head(self):
        return self.call("eth_getBlockByNumber", "latest", False)

    def stamp(self):
        return int(self.head()["timestamp"], 16)

    def transfer(self, **more):
        return self.call("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1", **more})

    def refused(self, text, method, *params):
        with self.assertRaises(RpcError) as refusal:
            self.call(method, *params)
        self.assertIn(text, str(refusal.exception))
        return refusal.exception


class Accounts(DevTest):
    def test_balance_code_nonce_and_storage_are_what_they_are_set_to(self):
        for method in ("anvil_setBalance", "hardhat_setBalance", "tenderly_setBalance"):
            self.call(method, WHALE, hex(5 * ETHER))
            self.assertEqual(self.number("eth_getBalance", WHALE, "latest"), 5 * ETHER)
            self.call(method, WHALE, "0x0")
        self.assertIsNone(self.call("anvil_addBalance", WHALE, "0x5"))
        self.assertTrue(self.call("hardhat_addBalance", WHALE, "0x2"))
        self.assertEqual(self.number("eth_getBalance", WHALE), 7)
        self.call("anvil_addBalance", WHALE, word(2**256 - 1))
        self.assertEqual(self.number("eth_getBalance", WHALE), 2**256 - 1)
        self.call("hardhat_setCode", WHALE, READER)
        self.assertEqual(self.call("eth_getCode", WHALE), READER)
        self.assertTrue(self.call("hardhat_setStorageAt", WHALE, "0x0", word(42)))
        self.assertTrue(self.call("anvil_setStorageAt", WHALE, word(1), word(43)))
        self.assertEqual(self.call("eth_call", {"to": WHALE}), word(42))
        self.assertEqual(self.call("eth_getStorageAt", WHALE, "0x1"), word(43))
        self.call("anvil_setNonce", WHALE, "0x9")
        self.assertEqual(self.number("eth_getTransactionCount", WHALE), 9)
        self.call("evm_setAccountNonce", WHALE, "0xa")
        self.assertEqual(self.number("eth_getTransactionCount", WHALE), 10)
        self.assertEqual(self.number("eth_blockNumber"), 0)

    def test_what_is_set_is_part_of_the_next_block_and_survives_a_restart(self):
        self.call("anvil_setBalance", WHALE, "0x7")
        self.call("anvil_setCode", WHALE, READER)
        self.restart()
        self.assertEqual(self.number("eth_getBalance", WHALE), 7)
        self.call("evm_mine")
        self.assertEqual(self.number("eth_getBalance", WHALE, "0x1"), 7)
        self.assertEqual(self.number("eth_getBalance", WHALE, "0x0"), 0)
        proof = self.call("eth_getProof", WHALE, [], "latest")
        self.assertEqual(int(proof["balance"], 16), 7)
        self.restart()
        self.assertEqual(self.call("eth_getCode", WHALE), READER)
        self.assertEqual(self.node.stop(), 0)
        done = subprocess.run([LOFTD, "--data-dir", f"{self.folder}/data", "--verify"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_storage_of_an_account_that_is_not_there_stays(self):
        self.call("hardhat_setStorageAt", WHALE, "0x5", word(1))
        self.call("evm_mine")
        self.assertEqual(self.call("eth_getStorageAt", WHALE, "0x5"), word(1))

    def test_impersonated_accounts_send_without_a_key(self):
        send = {"from": WHALE, "to": BOB, "value": "0x1"}
        self.refused("unknown account", "eth_sendTransaction", send)
        self.assertIsNone(self.call("anvil_impersonateAccount", WHALE))
        self.refused("insufficient funds", "eth_sendTransaction", send)
        self.call("anvil_setBalance", WHALE, hex(ETHER))
        first = self.client.send(send)
        self.assertEqual(first["from"], WHALE)
        second = self.client.send({**send, "gas": "0x5208"})
        self.assertNotEqual(first["transactionHash"], second["transactionHash"])
        self.restart()
        got = self.call("eth_getTransactionByHash", first["transactionHash"])
        self.assertEqual((got["from"], got["nonce"], got["s"]), (WHALE, "0x0", "0x0"))
        self.refused("unknown account", "eth_sendTransaction", send)
        self.assertTrue(self.call("hardhat_impersonateAccount", WHALE))
        self.assertTrue(self.call("hardhat_stopImpersonatingAccount", WHALE))
        self.refused("unknown account", "eth_sendTransaction", send)

    def test_contracts_can_be_impersonated(self):
        self.call("anvil_setCode", WHALE, READER)
        self.call("anvil_setBalance", WHALE, hex(ETHER))
        self.call("anvil_impersonateAccount", WHALE)
        self.assertEqual(self.client.send({"from": WHALE, "to": BOB, "value": "0x1"})["status"], "0x1")

    def test_all_accounts_at_once_can_be_impersonated(self):
        self.call("anvil_autoImpersonateAccount", True)
        self.call("anvil_setBalance", WHALE, hex(ETHER))
        self.client.send({"from": WHALE, "to": BOB})
        self.call("anvil_autoImpersonateAccount", False)
        self.refused("unknown account", "eth_sendTransaction", {"from": WHALE, "to": BOB})

    def test_nobody_else_takes_an_impersonated_signature(self):
        self.call("anvil_impersonateAccount", WHALE)
        self.call("anvil_setBalance", WHALE, hex(ETHER))
        raw = self.call("eth_signTransaction", {"from": WHALE, "to": BOB, "value": "0x1", "gas": "0x5208"})
        raw = raw.get("raw") if isinstance(raw, dict) else raw
        self.refused("invalid sender", "eth_sendRawTransaction", raw)

    def test_wrong_parameters_are_named(self):
        for method, params in (("anvil_setBalance", [WHALE]), ("anvil_setBalance", ["0x1", "0x1"]),
                               ("anvil_setBalance", [WHALE, "lots"]), ("hardhat_setCode", [WHALE, "0x1"]),
                               ("hardhat_setStorageAt", [WHALE, "0x0", "0x1"]), ("anvil_impersonateAccount", [])):
            self.assertEqual(self.refused("", method, *params).code, -32602)


class Blocks(DevTest):
    def test_blocks_come_when_asked_for(self):
        self.assertEqual(self.call("evm_mine"), "0x0")
        self.assertIsNone(self.call("anvil_mine", "0x3"))
        self.assertTrue(self.call("hardhat_mine", "0x2", "0xa"))
        self.assertEqual(self.number("eth_blockNumber"), 6)
        self.assertEqual(self.call("evm_mine", {"blocks": 4, "timestamp": self.stamp() + 1000}), "0x0")
        self.assertEqual(self.number("eth_blockNumber"), 10)
        self.refused("more than", "anvil_mine", hex(10**9))

    def test_detailed_mining_shows_the_blocks(self):
        self.call("evm_setAutomine", False)
        tx = self.transfer()
        blocks = self.call("evm_mine_detailed", {"blocks": 2})
        self.assertEqual([int(block["number"], 16) for block in blocks], [1, 2])
        self.assertEqual(blocks[0]["transactions"][0]["hash"], tx)

    def test_automine_is_switched(self):
        self.assertTrue(self.call("anvil_getAutomine"))
        self.assertTrue(self.call("evm_setAutomine", False))
        self.assertFalse(self.call("hardhat_getAutomine"))
        waiting = self.transfer()
        self.assertIsNone(self.call("eth_getTransactionReceipt", waiting))
        self.assertIsNone(self.call("anvil_setAutomine", True))
        self.transfer()
        self.assertEqual(self.call("eth_getTransactionReceipt", waiting)["status"], "0x1")
        self.assertEqual(self.number("eth_blockNumber"), 1)

    def test_interval_mining_is_switched(self):
        self.assertIsNone(self.call("anvil_getIntervalMining"))
        self.call("evm_setIntervalMining", 1)
        self.assertEqual(self.call("anvil_getIntervalMining"), 1)
        self.assertFalse(self.call("anvil_getAutomine"))
        until = time.monotonic() + 10
        while self.number("eth_blockNumber") == 0 and time.monotonic() < until:
            time.sleep(0.05)
        self.assertGreater(self.number("eth_blockNumber"), 0)
        self.call("evm_setIntervalMining", 0)
        self.assertIsNone(self.call("anvil_getIntervalMining"))
        number = self.number("eth_blockNumber")
        time.sleep(1.3)
        self.assertEqual(self.number("eth_blockNumber"), number)

    def test_the_next_block_is_as_chosen(self):
        self.call("hardhat_setCoinbase", WHALE)
        self.call("hardhat_setPrevRandao", word(77))
        self.call("hardhat_setNextBlockBaseFeePerGas", hex(10**10))
        self.assertTrue(self.call("evm_setBlockGasLimit", hex(50_000_000)))
        self.call("evm_mine")
        head = self.head()
        self.assertEqual((head["miner"], head["mixHash"], head["baseFeePerGas"], head["gasLimit"]),
                         (WHALE, word(77), hex(10**10), hex(50_000_000)))
        self.call("evm_mine")
        head = self.head()
        self.assertEqual((head["miner"], head["gasLimit"]), (WHALE, hex(50_000_000)))
        self.assertNotEqual(head["mixHash"], word(77))
        self.assertEqual(int(head["baseFeePerGas"], 16), 10**10 * 7 // 8)

    def test_a_chosen_base_fee_is_what_transactions_must_pay(self):
        self.call("anvil_setNextBlockBaseFeePerGas", hex(10**11))
        self.refused("base fee", "eth_sendTransaction", {"from": ALICE, "to": BOB, "gasPrice": hex(10**10)})
        receipt = self.client.send({"from": ALICE, "to": BOB})
        self.assertGreaterEqual(int(receipt["effectiveGasPrice"], 16), 10**11)
        self.call("anvil_setNextBlockBaseFeePerGas", "0x0")
        receipt = self.client.send({"from": ALICE, "to": BOB, "gasPrice": "0x0"})
        self.assertEqual(receipt["effectiveGasPrice"], "0x0")

    def test_what_waits_can_be_dropped(self):
        self.call("anvil_setAutomine", False)
        sent = [self.transfer(nonce=hex(n)) for n in range(4)]
        self.assertEqual(self.call("anvil_dropTransaction", sent[3]), sent[3])
        self.assertIsNone(self.call("anvil_dropTransaction", sent[3]))
        self.assertTrue(self.call("hardhat_dropTransaction", sent[2]))
        self.assertFalse(self.call("hardhat_dropTransaction", sent[2]))
        self.assertEqual(self.call("txpool_status")["pending"], "0x2")
        self.call("anvil_removePoolTransactions", BOB)
        self.assertEqual(self.call("txpool_status")["pending"], "0x2")
        self.call("anvil_removePoolTransactions", ALICE)
        self.assertEqual(self.call("txpool_status")["pending"], "0x0")
        self.transfer()
        self.call("hardhat_dropAllTransactions")
        self.assertEqual(self.call("txpool_status")["pending"], "0x0")

    def test_a_nonce_set_below_or_above_sorts_the_pool_anew(self):
        self.call("anvil_setAutomine", False)
        self.transfer(nonce="0x2")
        self.assertEqual(self.call("txpool_status"), {"pending": "0x0", "queued": "0x1"})
        self.call("anvil_setNonce", ALICE, "0x2")
        self.assertEqual(self.call("txpool_status"), {"pending": "0x1", "queued": "0x0"})
        self.call("anvil_setNonce", ALICE, "0x3")
        self.assertEqual(self.call("txpool_status"), {"pending": "0x0", "queued": "0x0"})


class Time(DevTest):
    def test_time_is_moved_by_seconds(self):
        self.call("evm_mine")
        before = self.stamp()
        self.assertGreaterEqual(self.call("evm_increaseTime", 3600), 3600)
        self.call("evm_mine")
        self.assertIn(self.stamp() - before, range(3600, 3610))
        self.call("anvil_increaseTime", "0x3c")
        self.call("evm_mine")
        self.assertIn(self.stamp() - before, range(3660, 3675))

    def test_time_moves_on_from_blocks_that_ran_ahead(self):
        self.call("anvil_mine", hex(500))
        before = self.stamp()
        self.call("evm_increaseTime", 100)
        self.call("evm_mine")
        self.assertIn(self.stamp() - before, range(100, 110))

    def test_the_next_time_is_exact_and_the_clock_goes_on_from_it(self):
        at = self.stamp() + 10**6
        self.call("evm_setNextBlockTimestamp", at)
        self.transfer()
        self.assertEqual(self.stamp(), at)
        self.call("evm_mine")
        self.assertIn(self.stamp(), range(at + 1, at + 10))
        self.refused("lower than or equal", "evm_setNextBlockTimestamp", at)
        self.call("evm_setNextBlockTimestamp", hex(at + 50))
        self.call("evm_mine")
        self.assertEqual(self.stamp(), at + 50)

    def test_the_clock_is_set_in_seconds_or_milliseconds(self):
        at = self.stamp() + 10**6
        self.assertGreater(self.call("evm_setTime", at), 10**6 - 100)
        self.call("evm_mine")
        self.assertIn(self.stamp(), range(at, at + 10))
        self.call("anvil_setTime", (at + 5000) * 1000)
        self.call("evm_mine")
        self.assertIn(self.stamp(), range(at + 5000, at + 5010))

    def test_an_interval_of_times_holds_until_it_is_removed(self):
        self.call("evm_mine")
        before = self.stamp()
        self.call("anvil_setBlockTimestampInterval", 100)
        self.call("anvil_mine", "0x3")
        self.assertEqual(self.stamp(), before + 300)
        self.assertTrue(self.call("anvil_removeBlockTimestampInterval"))
        self.assertFalse(self.call("anvil_removeBlockTimestampInterval"))
        self.call("evm_mine")
        self.assertEqual(self.stamp(), before + 301)

    def test_a_chain_ahead_of_the_clock_goes_on_after_a_restart(self):
        self.call("evm_increaseTime", 10**6)
        self.call("evm_mine")
        before = self.stamp()
        self.restart()
        time.sleep(1.1)
        self.call("evm_mine")
        self.assertIn(self.stamp(), range(before + 1, before + 10))


class Points(DevTest):
    def test_a_snapshot_brings_back_chain_state_clock_and_plan(self):
        self.transfer()
        self.call("anvil_setBalance", WHALE, "0x5")
        before, number = self.stamp(), self.number("eth_blockNumber")
        first = self.call("evm_snapshot")
        self.assertEqual(first, "0x1")
        self.call("evm_increaseTime", 10**6)
        self.call("hardhat_setCoinbase", WHALE)
        self.call("anvil_setBalance", WHALE, "0x6")
        lost = self.transfer()
        self.call("anvil_mine", "0x5")
        second = self.call("anvil_snapshot")
        self.assertTrue(self.call("evm_revert", first))
        self.assertEqual((self.number("eth_blockNumber"), self.stamp()), (number, before))
        self.assertEqual(self.number("eth_getBalance", WHALE), 5)
        self.assertIsNone(self.call("eth_getTransactionReceipt", lost))
        self.assertEqual(self.number("eth_getTransactionCount", ALICE), 1)
        self.assertFalse(self.call("evm_revert", first))
        self.assertFalse(self.call("anvil_revert", second))
        self.assertFalse(self.call("evm_revert", "0x99"))
        self.call("evm_mine")
        self.assertLess(self.stamp(), before + 100)
        self.assertNotEqual(self.head()["miner"], WHALE)
        self.transfer()
        self.assertEqual(self.call("evm_snapshot"), "0x3")

    def test_fixtures_go_back_many_times(self):
        snapshot = self.call("evm_snapshot")
        for _ in range(30):
            self.transfer()
            self.call("anvil_setBalance", BOB, "0x1")
            self.assertTrue(self.call("evm_revert", snapshot))
            snapshot = self.call("evm_snapshot")
            self.assertEqual(self.number("eth_getBalance", BOB), 10000 * ETHER)
            self.assertEqual(self.number("eth_blockNumber"), 0)

    def test_rollback_takes_blocks_back(self):
        sent = [self.transfer() for _ in range(4)]
        self.assertIsNone(self.call("anvil_rollback"))
        self.assertEqual(self.number("eth_blockNumber"), 3)
        self.call("anvil_rollback", 2)
        self.assertEqual(self.number("eth_blockNumber"), 1)
        self.assertEqual(self.number("eth_getTransactionCount", ALICE), 1)
        self.assertIsNone(self.call("eth_getTransactionReceipt", sent[3]))
        self.refused("must not exceed", "anvil_rollback", 5)

    def test_a_reorganisation_puts_other_blocks_in_place(self):
        for _ in range(4):
            self.transfer()
        old = self.call("eth_getBlockByNumber", "0x3", False)["hash"]
        pairs = [[{"from": BOB, "to": WHALE, "value": "0x7"}, 1]]
        self.assertIsNone(self.call("anvil_reorg", 3, pairs))
        self.assertEqual(self.number("eth_blockNumber"), 4)
        self.assertNotEqual(self.call("eth_getBlockByNumber", "0x3", False)["hash"], old)
        self.assertEqual(self.number("eth_getBalance", WHALE, "0x2"), 0)
        self.assertEqual(self.number("eth_getBalance", WHALE, "0x3"), 7)
        self.call("anvil_reorg", {"depth": 1, "tx_block_pairs": []})
        self.assertEqual(self.number("eth_blockNumber"), 4)
        self.refused("must not exceed", "anvil_reorg", 1, [[{"from": BOB, "to": WHALE}, 1]])
        self.refused("must not exceed", "anvil_reorg", 9, [])

    def test_a_reset_is_a_fresh_start(self):
        self.call("evm_setAutomine", False)
        genesis = self.call("eth_getBlockByNumber", "0x0", False)["hash"]
        instance = self.call("hardhat_metadata")["instanceId"]
        self.call("anvil_setBalance", WHALE, "0x5")
        self.transfer()
        self.call("anvil_mine", "0x3")
        self.transfer()
        self.assertTrue(self.call("hardhat_reset"))
        self.assertEqual(self.head()["hash"], genesis)
        self.assertEqual(self.number("eth_getBalance", WHALE), 0)
        self.assertEqual(self.number("eth_getTransactionCount", ALICE), 0)
        self.assertEqual(self.call("txpool_status")["pending"], "0x0")
        self.assertNotEqual(self.call("hardhat_metadata")["instanceId"], instance)
        self.refused("fork", "hardhat_reset", {"forking": {"jsonRpcUrl": "http://127.0.0.1:1"}})

    def test_calls_of_one_batch_see_what_those_before_changed(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=20)
        calls = [("eth_getBalance", [WHALE, "latest"]), ("anvil_setBalance", [WHALE, "0x5"]),
                 ("eth_getBalance", [WHALE, "latest"]), ("evm_snapshot", []), ("anvil_setBalance", [WHALE, "0x6"]),
                 ("evm_mine", []), ("eth_getBalance", [WHALE, "latest"]), ("evm_revert", ["0x1"]),
                 ("eth_getBalance", [WHALE, "latest"]), ("eth_blockNumber", [])]
        connection.request("POST", "/", json.dumps([{"jsonrpc": "2.0", "id": i, "method": m, "params": p}
                                                    for i, (m, p) in enumerate(calls)]))
        results = [reply["result"] for reply in json.loads(connection.getresponse().read())]
        self.assertEqual(results, ["0x0", None, "0x5", "0x1", None, "0x0", "0x6", True, "0x5", "0x0"])


class Forks(DevTest):
    def test_a_fork_is_reset_to_where_it_began(self):
        self.call("anvil_mine", "0x5")
        self.call("anvil_setBalance", WHALE, "0x7")
        self.call("evm_mine")
        fork = Node([LOFTD, "--port", "0", "--temporary", "--quiet", "--fork-url", f"http://127.0.0.1:{self.node.port}"],
                    self.folder)
        fork.log_path += ".fork"
        fork.start()
        self.addCleanup(fork.kill)
        until = time.monotonic() + 10
        while not (found := re.search(r"Listening on 127\.0\.0\.1:(\d+)", fork.log())) and time.monotonic() < until:
            time.sleep(0.01)
        client = Client(int(found[1]))  # the log names the other node's port first
        metadata = client.call("anvil_metadata")
        self.assertEqual((metadata["latestBlockNumber"], metadata["forkedNetwork"]["forkBlockNumber"]), (6, 6))
        client.send({"from": ALICE, "to": WHALE, "value": "0x5"})
        self.assertEqual(client.number("eth_getBalance", WHALE), 12)
        snapshot = client.call("evm_snapshot")
        client.call("anvil_setBalance", WHALE, "0x9")
        self.assertTrue(client.call("evm_revert", snapshot))
        self.assertEqual(client.number("eth_getBalance", WHALE), 12)
        client.call("hardhat_reset", {"forking": {"jsonRpcUrl": "http://127.0.0.1:1", "blockNumber": 6}})
        self.assertEqual((client.number("eth_blockNumber"), client.number("eth_getBalance", WHALE)), (6, 7))
        self.assertEqual(client.number("eth_getBalance", ALICE), 10000 * ETHER)
        with self.assertRaisesRegex(RpcError, "a fork at block 6"):
            client.call("anvil_reset", {"jsonRpcUrl": "http://127.0.0.1:1", "blockNumber": 5})
        client.send({"from": ALICE, "to": WHALE, "value": "0x5"})


class States(DevTest):
    def dumped(self, method="anvil_dumpState"):
        return json.loads(gzip.decompress(bytes.fromhex(self.call(method)[2:])))

    def test_a_dump_holds_every_account_with_code_and_storage(self):
        self.call("anvil_setCode", WHALE, READER)
        self.call("anvil_setStorageAt", WHALE, "0x5", word(77))
        self.call("anvil_setStorageAt", WHALE, "0x6", word(1))
        self.call("anvil_setStorageAt", WHALE, "0x6", word(0))
        self.client.send({"from": ALICE, "to": BOB, "value": "0x7"})
        state = self.dumped()
        self.assertEqual(state["accounts"][WHALE], {"nonce": 0, "balance": "0x0", "code": READER, "storage": {word(5): word(77)}})
        self.assertEqual(state["accounts"][ALICE]["nonce"], 1)
        self.assertEqual(int(state["accounts"][BOB]["balance"], 16), 10000 * ETHER + 7)
        self.assertEqual((state["best_block_number"], state["block"]["number"]), (1, "0x1"))

    def test_a_state_comes_back_from_its_dump(self):
        self.call("anvil_setCode", WHALE, READER)
        self.call("anvil_setStorageAt", WHALE, "0x0", word(77))
        dump, state = self.call("hardhat_dumpState"), self.dumped()
        self.call("anvil_reset")
        self.assertEqual(self.call("eth_getCode", WHALE), "0x")
        self.assertTrue(self.call("anvil_loadState", dump))
        self.assertEqual(self.call("eth_call", {"to": WHALE}), word(77))
        self.assertEqual(self.dumped("hardhat_dumpState")["accounts"], state["accounts"])
        self.call("evm_mine")
        self.assertEqual(self.call("eth_getStorageAt", WHALE, "0x0", "0x1"), word(77))

    def test_other_accounts_stay_and_words_may_be_short(self):
        state = {"accounts": {WHALE: {"nonce": 3, "balance": "0x5", "code": "0x", "storage": {"0x1": "0x2"}}}}
        for data in (json.dumps(state).encode(), gzip.compress(json.dumps(state).encode())):
            self.assertTrue(self.call("hardhat_loadState", "0x" + data.hex()))
        self.assertEqual(self.number("eth_getTransactionCount", WHALE), 3)
        self.assertEqual(self.call("eth_getStorageAt", WHALE, "0x1"), word(2))
        self.assertEqual(self.number("eth_getBalance", ALICE), 10000 * ETHER)

    def test_what_is_no_state_changes_nothing(self):
        good = {WHALE: {"balance": "0x5"}}
        packed = gzip.compress(b'{"accounts": {}}')
        for data, text in ((b"", ""), (b"{}", "accounts"), (b"[1", ""), (packed[:12], "gzip"), (packed[:2] + b"xxxx" * 9, "gzip"),
                           (json.dumps({"accounts": {**good, "0x12": {}}}).encode(), "no address"),
                           (json.dumps({"accounts": {**good, BOB: {"nonce": -1}}}).encode(), "nonce"),
                           (gzip.compress(bytes(200 << 20)), "more than")):
            self.refused(text, "anvil_loadState", "0x" + data.hex())
        self.assertEqual(self.number("eth_getBalance", WHALE), 0)


class StateFiles(DevTest):
    def run_again(self, *options, data="data"):
        self.node.stop()
        self.node = Node([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/{data}", "--quiet", *options], self.folder)
        self.node.start()
        self.client.__init__(self.node.port)

    def test_a_state_is_carried_from_chain_to_chain_in_a_file(self):
        path = f"{self.folder}/state.json"
        self.run_again("--state", path)
        self.call("anvil_setCode", WHALE, READER)
        self.call("anvil_setStorageAt", WHALE, "0x0", word(77))
        self.run_again("--load-state", path, "--dump-state", path + ".2", data="other")
        self.assertEqual(self.call("eth_call", {"to": WHALE}), word(77))
        self.run_again("--state", path, data="third")
        self.assertEqual(self.call("eth_call", {"to": WHALE}), word(77))
        with open(path) as one, open(path + ".2") as other:
            self.assertEqual(json.load(one)["accounts"], json.load(other)["accounts"])

    def test_a_bad_file_is_named(self):
        path = f"{self.folder}/state.json"
        for text in ("{}", "not JSON"):
            pathlib.Path(path).write_text(text)
            done = subprocess.run([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/bad", "--load-state", path],
                                  capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 1)
            self.assertIn(path, done.stderr)
        done = subprocess.run([LOFTD, "--port", "0", "--data-dir", f"{self.folder}/bad", "--load-state", path + ".not"],
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)


# Creates a contract of 25,000 zero bytes: one more than EIP-170 lets.
LARGE = "0x6161a85ff3"


class Limits(DevTest):
    def test_contracts_have_the_size_that_the_fork_lets(self):
        self.refused("code size", "eth_sendTransaction", {"from": ALICE, "data": LARGE, "gas": hex(10_000_000)})
        self.refused("initcode", "eth_sendTransaction", {"from": ALICE, "data": "0x" + "00" * 49153, "gas": hex(10_000_000)})


class NoLimits(DevTest):
    options = ("--disable-code-size-limit", "--disable-block-gas-limit", "--auto-unlock", "--steps-tracing")

    def test_contracts_have_any_size(self):
        made = self.client.send({"from": ALICE, "data": LARGE, "gas": hex(10_000_000)})
        self.assertEqual(len(self.call("eth_getCode", made["contractAddress"])), 2 + 50_000)
        self.client.send({"from": ALICE, "data": "0x" + "00" * 60_000, "gas": hex(10_000_000)})

    def test_blocks_have_any_gas(self):
        self.call("evm_mine")
        self.assertEqual(int(self.head()["gasLimit"], 16), 2**63 - 1)


class SmallLimit(DevTest):
    options = ("--code-size-limit", "24999")

    def test_contracts_have_the_size_that_was_chosen(self):
        self.refused("code size", "eth_sendTransaction", {"from": ALICE, "data": LARGE, "gas": hex(10_000_000)})
        self.client.send({"from": ALICE, "data": LARGE.replace("61a8", "61a7"), "gas": hex(10_000_000)})


class Failures(DevTest):
    def raw_failure(self):
        raw = self.call("eth_signTransaction", {"from": ALICE, "to": WHALE, "data": "0xdeadbeef", "gas": "0x186a0"})
        return raw.get("raw") if isinstance(raw, dict) else raw

    def send(self, data, **more):
        return self.refused("", "eth_sendTransaction", {"from": ALICE, "to": WHALE, "data": data, "gas": "0x186a0", **more})

    def test_a_transaction_that_reverts_is_mined_and_answered_with_why(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        cases = ((selector_error("no luck"), "reverted with reason string 'no luck'"),
                 ("0x4e487b71" + word(0x11)[2:], "reverted with panic code 0x11"), ("0x", "without a reason string"),
                 ("0xdeadbeef" + word(1)[2:], "unrecognized custom error (return data: 0xdeadbeef0000"))
        for number, (data, text) in enumerate(cases, 1):
            error = self.send(data)
            self.assertEqual(error.code, 3)
            self.assertRegex(str(error), "^VM Exception while processing transaction: reverted with")
            self.assertIn(text, str(error))
            self.assertEqual(error.data["data"], data)
            receipt = self.call("eth_getTransactionReceipt", error.data["txHash"])
            self.assertEqual((receipt["status"], int(receipt["blockNumber"], 16)), ("0x0", number))

    def test_other_failures_say_what_they_are(self):
        self.call("anvil_setCode", WHALE, BROKEN)
        error = self.send("0x")
        self.assertIn("invalid instruction", str(error))
        self.assertEqual(error.data["data"], "0x")

    def test_a_raw_transaction_is_answered_with_its_hash(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        tx = self.call("eth_sendRawTransaction", self.raw_failure())
        self.assertEqual(self.call("eth_getTransactionReceipt", tx)["status"], "0x0")

    def test_where_nobody_waits_there_is_a_hash(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        self.call("evm_setAutomine", False)
        tx = self.call("eth_sendTransaction", {"from": ALICE, "to": WHALE, "data": "0xdeadbeef", "gas": "0x186a0"})
        self.call("evm_mine")
        self.assertEqual(self.call("eth_getTransactionReceipt", tx)["status"], "0x0")

    def test_an_estimate_that_reverts_carries_the_data(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        error = self.refused("execution reverted", "eth_sendTransaction", {"from": ALICE, "to": WHALE, "data": "0xdeadbeef"})
        self.assertEqual((error.code, error.data), (3, "0xdeadbeef"))
        self.assertEqual(self.number("eth_blockNumber"), 0)


class SnapshotsOfThePool(DevTest):
    """What waited when a snapshot was taken waits again, and nothing else."""

    def waiting(self):
        content = self.call("txpool_content")
        return [sorted(tx["hash"] for txs in content[kind].values() for tx in txs.values()) for kind in ("pending", "queued")]

    def test_what_was_mined_since_waits_again(self):
        self.call("evm_setAutomine", False)
        first, later = self.transfer(), self.transfer(nonce="0x5")
        before = self.call("evm_snapshot")
        second = self.transfer()
        self.call("evm_mine")
        self.assertEqual(self.waiting(), [[], [later]])
        self.assertEqual(len(self.head()["transactions"]), 2)
        self.assertTrue(self.call("evm_revert", before))
        self.assertEqual(self.waiting(), [[first], [later]])
        self.assertIsNone(self.call("eth_getTransactionByHash", second))
        self.call("evm_mine")
        self.assertEqual(self.head()["transactions"], [first])

    def test_what_has_come_since_is_gone(self):
        before = self.call("evm_snapshot")
        self.call("evm_setAutomine", False)
        self.transfer()
        self.assertTrue(self.call("evm_revert", before))
        self.assertEqual(self.waiting(), [[], []])

    def test_each_snapshot_has_its_own(self):
        self.call("evm_setAutomine", False)
        points, sent = [], []
        for _ in range(3):
            points.append(self.call("evm_snapshot"))
            sent.append(self.transfer())
        self.assertTrue(self.call("evm_revert", points[1]))
        self.assertEqual(self.waiting(), [sent[:1], []])
        self.assertFalse(self.call("evm_revert", points[2]))
        self.assertTrue(self.call("evm_revert", points[0]))
        self.assertEqual(self.waiting(), [[], []])


class Epochs(DevTest):
    """As anvil's --slots-in-an-epoch: two epochs make a block final."""

    options = ("--slots-in-an-epoch", "3")

    def test_safe_and_finalized_are_behind(self):
        for height, safe, final in ((0, 0, 0), (2, 0, 0), (3, 0, 0), (5, 2, 0), (8, 5, 2)):
            self.call("anvil_mine", hex(height - self.number("eth_blockNumber"))) if height else None
            found = [int(self.call("eth_getBlockByNumber", tag, False)["number"], 16) for tag in ("latest", "safe", "finalized")]
            self.assertEqual(found, [height, safe, final])

    def test_states_and_logs_are_of_then(self):
        self.transfer(value="0x7")
        balance = self.number("eth_getBalance", BOB)
        self.call("anvil_mine", "0x4")
        self.assertEqual(self.number("eth_getBalance", BOB, "safe"), balance)
        self.assertEqual(self.number("eth_getBalance", BOB, "finalized"), balance - 7)
        self.call("anvil_setCode", WHALE, "0x5f5fa0")
        for _ in range(4):
            self.call("eth_sendTransaction", {"from": ALICE, "to": WHALE, "gas": "0x186a0"})
        self.assertEqual(len(self.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "safe"})), 1)
        self.assertEqual(len(self.call("eth_getLogs", {"fromBlock": "safe", "toBlock": "latest"})), 4)


class Estimates(DevTest):
    """They mean the block to come, as long as none is named."""

    def setUp(self):
        super().setUp()
        self.later = self.time_of("latest") + 100_000
        # Reverts before that time: PUSH5, TIMESTAMP, LT, PUSH1 12, JUMPI, STOP.
        self.call("anvil_setCode", WHALE, f"0x64{self.later:010x}4210600c57005b5f5ffd")

    def time_of(self, block):
        return int(self.call("eth_getBlockByNumber", block, False)["timestamp"], 16)

    def estimate(self, *block, to=WHALE):
        return self.number("eth_estimateGas", {"from": ALICE, "to": to, "data": "0x00"}, *block)

    def test_they_see_the_time_it_will_have(self):
        for move in (("evm_setNextBlockTimestamp", self.later), ("evm_increaseTime", 100_000)):
            self.refused("execution reverted", "eth_estimateGas", {"from": ALICE, "to": WHALE, "data": "0x00"})
            before = self.call("evm_snapshot")
            self.call(*move)
            self.assertGreater(self.estimate(), 21000)
            self.refused("execution reverted", "eth_estimateGas", {"from": ALICE, "to": WHALE, "data": "0x00"}, "latest")
            sent = self.call("eth_sendTransaction", {"from": ALICE, "to": WHALE, "data": "0x00"})
            self.assertEqual(self.call("eth_getTransactionReceipt", sent)["status"], "0x1")
            self.call("evm_revert", before)

    def test_they_see_what_waits(self):
        self.call("evm_setAutomine", False)
        # Stores 1 where there is none, after which another caller pays less.
        self.call("anvil_setCode", BOB, "0x60015f55" + "00")
        alone = self.estimate(to=BOB)
        self.call("eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": "0x186a0"})
        self.assertEqual(self.estimate("latest", to=BOB), alone)
        self.assertLess(self.estimate(to=BOB), alone - 15000)
        sent = self.call("eth_sendTransaction", {"from": ALICE, "to": BOB, "data": "0x00"})
        self.assertLess(self.call("eth_getTransactionByHash", sent)["gas"], hex(alone))


class Serious(NodeTest):
    """A chain that is not for development estimates on the newest block, as
    geth does."""

    options = ("--no-development", "--no-mining")

    def test_what_waits_is_not_seen(self):
        # Makes a contract that returns 7; there is none until it is mined.
        made = {"from": ALICE, "data": "0x6760075f5260205ff35f5260086018f3", "gas": "0x186a0"}
        self.call("eth_sendTransaction", made)
        address = self.call("eth_getBlockReceipts", "pending")[0]["contractAddress"]
        transfer = {"from": BOB, "to": address}
        self.assertEqual(self.number("eth_estimateGas", transfer), 21000)
        self.assertGreater(self.number("eth_estimateGas", transfer, "pending"), 21000)


class LoudFailures(Failures):
    options = ("--revert-errors", "all")

    def test_a_raw_transaction_is_answered_with_its_hash(self):
        self.skipTest("it is answered with an error")

    def test_raw_transactions_are_answered_with_errors_too(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        self.assertEqual(self.refused("reverted", "eth_sendRawTransaction", self.raw_failure()).data["data"], "0xdeadbeef")


class QuietFailures(DevTest):
    options = ("--revert-errors", "none")

    def test_a_failed_transaction_is_answered_with_its_hash(self):
        self.call("anvil_setCode", WHALE, ECHO_REVERT)
        tx = self.call("eth_sendTransaction", {"from": ALICE, "to": WHALE, "data": "0xdeadbeef", "gas": "0x186a0"})
        self.assertEqual(self.call("eth_getTransactionReceipt", tx)["status"], "0x0")


class Logging(DevTest):
    def setUp(self):
        super().setUp()
        self.call("anvil_setCode", WHALE, SPEAKER)
        self.call("anvil_setCode", BOB, ECHO_REVERT)

    def log_after(self, act):
        start = len(self.node.log())
        act()
        return self.node.log()[start:]

    def test_what_contracts_say_is_in_the_log(self):
        send = {"from": ALICE, "to": WHALE, "data": console_line("hello from a block"), "gas": "0x186a0"}
        self.assertIn("hello from a block", self.log_after(lambda: self.client.send(send)))
        text = self.log_after(lambda: self.call("eth_call", {"to": WHALE, "data": console_line("hello\nfrom a call")}))
        self.assertEqual(text.count("from a call"), 1)
        self.call("anvil_setLoggingEnabled", False)
        self.assertNotIn("hello", self.log_after(lambda: self.client.send(send)))
        self.call("hardhat_setLoggingEnabled", True)
        self.assertIn("hello", self.log_after(lambda: self.client.send(send)))

    def failing(self, data):
        for method, what in (("eth_call", "call_failed"), ("eth_sendTransaction", "transaction_failed")):
            def act():
                with self.assertRaises(RpcError):
                    self.call(method, {"from": ALICE, "to": BOB, "data": data, "gas": "0x186a0"})
            text = self.log_after(act)
            self.assertIn(what, text)
            yield text

    def test_why_something_failed_is_in_the_log(self):
        for text in self.failing(selector_error("no luck")):
            self.assertIn("reverted with reason string 'no luck'", text)

    def test_custom_errors_have_names_once_their_abi_is_known(self):
        entry = {"type": "error", "name": "NotToday", "inputs": [{"name": "who", "type": "address"}, {"name": "at", "type": "uint256"}]}
        selector = self.call("web3_sha3", "0x" + b"NotToday(address,uint256)".hex())[:10]
        data = selector + f"{int(BOB, 16):064x}{5:064x}"
        self.assertIn("unrecognized custom error", list(self.failing(data))[1])
        self.assertEqual(self.call("loft_addAbi", [entry, {"type": "fallback"}, {"type": "error", "name": "?"}]), 1)
        self.assertRegex(list(self.failing(data))[1].lower(), rf"reverted with custom error 'nottoday\({BOB}, 5\)'")
        output = {"contracts": {"A.sol": {"A": {"abi": [{"type": "error", "name": "Bare", "inputs": []}]}}}}
        self.assertTrue(self.call("hardhat_addCompilationResult", "0.8.37", {}, output))
        bare = self.call("web3_sha3", "0x" + b"Bare()".hex())[:10]
        error = self.refused("", "eth_sendTransaction", {"from": ALICE, "to": BOB, "data": bare, "gas": "0x186a0"})
        self.assertIn("reverted with custom error 'Bare()'", str(error))


class Info(DevTest):
    def test_the_node_is_known_to_development_tools(self):
        self.assertRegex(self.call("web3_clientVersion"), r"^anvil/v\d+\.\d+\.\d+/loft/v")
        metadata = self.call("hardhat_metadata")
        self.assertEqual((metadata["chainId"], metadata["latestBlockNumber"], metadata["forkedNetwork"]), (31337, 0, None))
        self.call("evm_snapshot")
        self.assertEqual(list(self.call("anvil_metadata")["snapshots"]), ["0x1"])
        info = self.call("anvil_nodeInfo")
        self.assertEqual((info["environment"]["chainId"], info["currentBlockNumber"]), (31337, "0x0"))
        self.assertEqual(self.call("anvil_getGenesisTime"), self.stamp())
        self.assertIsNone(self.call("anvil_setLoggingEnabled", False))
        self.assertIsNone(self.call("anvil_setChainId", 31337))
        self.refused("--chain-id", "anvil_setChainId", 7)
        self.refused("--fork-url", "anvil_setRpcUrl", "http://127.0.0.1:1")
        self.call("hardhat_setMinGasPrice", hex(10**12))
        self.assertEqual(self.number("eth_gasPrice"), 10**12)


class SameTimes(DevTest):
    options = ("--same-timestamps",)

    def test_quick_blocks_do_not_run_ahead_of_the_clock(self):
        for _ in range(5):
            self.transfer()
        self.assertLessEqual(self.stamp(), int(time.time()) + 1)
        self.call("evm_setNextBlockTimestamp", self.stamp() + 100)
        self.transfer()
        at = self.stamp()
        self.call("evm_setNextBlockTimestamp", at)
        self.call("evm_mine", at)
        self.assertEqual((self.stamp(), self.number("eth_blockNumber")), (at, 7))
        self.refused("Timestamp", "evm_setNextBlockTimestamp", at - 1)
        self.call("anvil_setBlockTimestampInterval", 0)
        self.transfer()
        self.assertEqual(self.stamp(), at)
        self.call("anvil_reset")
        self.call("anvil_mine", 3)
        self.assertLessEqual(self.stamp(), int(time.time()) + 1)

    def test_such_blocks_are_there_after_a_restart_and_can_be_gone_back_to(self):
        at = self.stamp() + 1000
        for _ in range(3):
            self.call("evm_setNextBlockTimestamp", at)
            self.transfer()
        self.restart()
        self.assertEqual([self.call("eth_getBlockByNumber", hex(n), False)["timestamp"] for n in (1, 2, 3)], [hex(at)] * 3)
        self.call("anvil_rollback", 1)
        self.transfer()
        self.assertEqual(self.number("eth_getTransactionCount", ALICE), 3)
        self.assertGreaterEqual(self.stamp(), at)


class MixedMining(DevTest):
    options = ("--mixed-mining", "--block-time", "0.3")

    def test_blocks_come_with_transactions_and_by_themselves(self):
        self.transfer()
        self.assertGreaterEqual(self.number("eth_blockNumber"), 1)
        self.assertEqual(self.number("eth_getTransactionCount", ALICE), 1)
        self.assertTrue(self.call("anvil_getAutomine"))
        height = self.number("eth_blockNumber")
        deadline = time.monotonic() + 20
        while self.number("eth_blockNumber") == height and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertGreater(self.number("eth_blockNumber"), height)


class NoTip(DevTest):
    options = ("--disable-min-priority-fee",)

    def test_no_tip_is_suggested(self):
        self.assertEqual(self.number("eth_maxPriorityFeePerGas"), 0)
        self.transfer()


class ConfigFile(unittest.TestCase):
    def test_accounts_and_keys_are_written_for_scripts(self):
        with tempfile.TemporaryDirectory(prefix="loft-dev-") as folder:
            path = f"{folder}/config.json"
            node = Node([LOFTD, "--port", "0", "--data-dir", f"{folder}/data", "--quiet", "--accounts", "3", "--config-out", path],
                        folder)
            node.start()
            self.addCleanup(node.kill)
            config = json.loads(pathlib.Path(path).read_text())
            self.assertEqual(config["available_accounts"], Client(node.port).call("eth_accounts"))
            self.assertEqual(config["private_keys"][0], "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
            self.assertEqual((len(config["private_keys"]), config["wallet"]["mnemonic"].split()[-1]), (3, "junk"))
            self.assertEqual((config["base_fee"], config["gas_limit"]), ("1000000000", "30000000"))
            self.assertEqual(node.stop(), 0)


class Refused(DevTest):
    options = ("--no-development",)

    def test_without_development_no_method_changes_the_chain_at_will(self):
        text = (ROOT / "src/rpc/methods.def").read_text()
        names = [name for name in re.findall(r"METHOD\((\w+),", text)
                 if name.split("_")[0] in ("anvil", "evm", "hardhat", "tenderly")]
        self.assertGreater(len(names), 60)
        for name in names:
            self.assertEqual(self.refused("does not exist", name).code, -32601)
        self.assertRegex(self.call("web3_clientVersion"), r"^loft/v")


if __name__ == "__main__":
    if not os.access(LOFTD, os.X_OK):
        print(f"{LOFTD} is not there")
        sys.exit(77)
    unittest.main(warnings="ignore")
