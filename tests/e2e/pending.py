#!/usr/bin/env python3
"""What waits: the pool as txpool_ shows it, the pending block and its state,
replacements, filters over HTTP, and the order of blocks.

Exit status: 0 all holds, 1 not, 77 loftd is not there.
Environment: LOFT_BIN.
"""
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node, RpcError  # noqa: E402

LOFTD = pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd"
GWEI = 10**9
# Answers 7 to everybody: PUSH1 7 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN, deployed.
SEVEN = "0x" + "67" + "60075f5260205ff3" + "5f52" + "60086018f3"


def check(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"pending: {what}: {got!r}, not {wanted!r}")


def refused(call, part):
    try:
        got = call()
    except RpcError as error:
        if part not in str(error):
            raise SystemExit(f"pending: refused with {error!s}, not {part!r}")
        return
    raise SystemExit(f"pending: {got!r} where an error with {part!r} is wanted")


def send(node, who, to, nonce, tip, value=1):
    return node.call("eth_sendTransaction", {
        "from": who, "to": to, "nonce": hex(nonce), "gas": "0x5208", "value": hex(value),
        "maxFeePerGas": hex(100 * GWEI), "maxPriorityFeePerGas": hex(tip)})


def pool_is_shown(node, a, b):
    first = send(node, a, b, 0, GWEI)
    later = send(node, a, b, 2, GWEI)
    check("status", node.call("txpool_status"), {"pending": "0x1", "queued": "0x1"})
    content = node.call("txpool_content")
    own = {who.lower(): txs for who, txs in content["pending"].items()}[a]
    check("pending", own["0"]["hash"], first)
    check("its place", own["0"]["blockHash"], None)
    check("queued", node.call("txpool_contentFrom", a)["queued"]["2"]["hash"], later)
    text = list(node.call("txpool_inspect")["pending"].values())[0]["0"]
    check("summary", text.lower(), f"{b}: 1 wei + 21000 gas × {100 * GWEI} wei")
    check("own", [tx["hash"] for tx in node.call("eth_pendingTransactions")], [first])
    check("by nonce", node.call("eth_getTransactionBySenderAndNonce", a, "0x2")["hash"], later)
    refused(lambda: send(node, a, b, 0, GWEI + 1), "replacement transaction underpriced")


def pending_state_is_seen(node, a, b):
    newest = int(node.call("eth_getBalance", b, "latest"), 16)
    check("balance", int(node.call("eth_getBalance", b, "pending"), 16), newest + 1)
    check("nonce", node.call("eth_getTransactionCount", a, "pending"), "0x1")
    block = node.call("eth_getBlockByNumber", "pending", True)
    check("number", int(block["number"], 16), int(node.call("eth_blockNumber"), 16) + 1)
    check("fields that are not yet", (block["hash"], block["nonce"], block["miner"]), (None, None, None))
    check("transactions", [tx["nonce"] for tx in block["transactions"]], ["0x0"])
    check("receipts", [r["status"] for r in node.call("eth_getBlockReceipts", "pending")], ["0x1"])
    check("count", node.call("eth_getBlockTransactionCountByNumber", "pending"), "0x1")
    node.call("eth_sendTransaction", {"from": b, "data": SEVEN, "gas": hex(100000), "nonce": "0x0"})
    made = node.call("eth_getBlockReceipts", "pending")[-1]["contractAddress"] or \
        node.call("eth_getBlockReceipts", "pending")[0]["contractAddress"]
    check("code of now", node.call("eth_getCode", made, "latest"), "0x")
    check("code of then", node.call("eth_getCode", made, "pending"), "0x60075f5260205ff3")
    check("call", int(node.call("eth_call", {"to": made}, "pending"), 16), 7)
    check("slot", int(node.call("eth_getStorageAt", made, "0x0", "pending"), 16), 0)
    check("newest", node.call("eth_call", {"to": made}, "latest"), "0x")


def what_is_pending_is_mined(node, a, b):
    pending = node.call("eth_getBlockByNumber", "pending", False)
    node.call("evm_mine", int(pending["timestamp"], 16))
    mined = node.call("eth_getBlockByNumber", "latest", False)
    for field in ("number", "parentHash", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "gasUsed",
                  "gasLimit", "baseFeePerGas", "transactions", "requestsHash", "withdrawalsRoot", "excessBlobGas"):
        check(field, pending[field], mined[field])


def blocks_are_ordered_by_fees(node, a, b):
    cheap = send(node, a, b, int(node.call("eth_getTransactionCount", a), 16) + 2, GWEI)  # behind a gap
    rich = send(node, b, a, int(node.call("eth_getTransactionCount", b), 16), 9 * GWEI)
    node.call("evm_mine")
    block = node.call("eth_getBlockByNumber", "latest", False)
    check("without the gap", rich in block["transactions"] and cheap not in block["transactions"], True)


def filters_tell(node, a, b):
    blocks, hashes = node.call("eth_newBlockFilter"), node.call("eth_newPendingTransactionFilter")
    logs = node.call("eth_newFilter", {})
    sent = send(node, b, a, int(node.call("eth_getTransactionCount", b, "pending"), 16), GWEI)
    check("hashes", node.call("eth_getFilterChanges", hashes), [sent])
    node.call("evm_mine")
    newest = node.call("eth_getBlockByNumber", "latest", False)
    check("blocks", node.call("eth_getFilterChanges", blocks), [newest["hash"]])
    check("blocks again", node.call("eth_getFilterChanges", blocks), [])
    check("logs", node.call("eth_getFilterChanges", logs), [])
    check("uninstalled", [node.call("eth_uninstallFilter", one) for one in (blocks, hashes, logs, logs)],
          [True, True, True, False])
    refused(lambda: node.call("eth_getFilterChanges", blocks), "filter not found")
    refused(lambda: node.call("eth_subscribe", "newHeads"), "notifications not supported")


def order_is_that_of_arrival(node, a, b):
    late_and_rich = [send(node, a, b, 0, GWEI), send(node, b, a, 0, 9 * GWEI)]
    node.call("evm_mine")
    check("order", node.call("eth_getBlockByNumber", "latest", False)["transactions"], late_and_rich)


def run(options, steps):
    with tempfile.TemporaryDirectory() as folder:
        server = Node([str(LOFTD), "--port", "0", "--temporary", "--no-mining", *options], folder)
        server.start()
        node = Client(server.port)
        a, b = node.call("eth_accounts")[:2]
        for step in steps:
            step(node, a, b)
        return server.stop()


def main():
    if not LOFTD.exists():
        print(f"skipped: {LOFTD} is not there")
        return 77
    status = run([], [pool_is_shown, pending_state_is_seen, what_is_pending_is_mined, blocks_are_ordered_by_fees, filters_tell])
    status |= run(["--order", "fifo"], [order_is_that_of_arrival])
    print("pending: all holds")
    return 1 if status else 0


sys.exit(main())
