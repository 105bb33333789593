"""A node's process and its JSON-RPC, with just enough of the contract ABI to
deploy and call the contracts of contracts/artifacts. Standard library only.

Errors: RpcError is the node's answer; NodeFailed means there is no node to
answer. Amounts are integers in the token's or ether's smallest unit.
"""
import http.client
import json
import os
import re
import signal
import subprocess
import time

ARTIFACTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "contracts", "artifacts")
START_SECONDS_MAX = 20
RECEIPT_SECONDS_MAX = 10
# For contract calls: one that stores the time costs more in another second, so
# an estimate that is exact when made may fall short when mined.
CALL_GAS = 500_000


class NodeFailed(Exception):
    pass


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(error.get("message", "no message"))
        self.code = error.get("code")
        self.data = error.get("data")


class Node:
    """One process, which prints where it listens; its data outlives it."""

    def __init__(self, command, folder, cwd=None):
        self.command, self.cwd = command, cwd
        self.log_path = os.path.join(folder, "output.log")
        self.process = None
        self.port = None

    def start(self):
        """Starts the process and returns the seconds until its first answer."""
        began = time.perf_counter()
        log_start = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while time.perf_counter() - began < START_SECONDS_MAX:
            if self.process.poll() is not None:
                raise NodeFailed(f"{self.command[0]} ended with status {self.process.returncode}:\n{self.log(log_start)}")
            found = re.search(r"127\.0\.0\.1:([1-9][0-9]*)", self.log(log_start))
            if found:
                self.port = int(found[1])
                first = Client(self.port)
                first.call("eth_chainId")
                first.connection.close()
                return time.perf_counter() - began
            time.sleep(0.001)
        raise NodeFailed(f"{self.command[0]} is not ready after {START_SECONDS_MAX} s:\n{self.log(log_start)}")

    def log(self, start=0):
        with open(self.log_path, "rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def is_sanitized(self):
        """A sanitizer's own memory says nothing of the program's."""
        with open(f"/proc/{self.process.pid}/maps", encoding="ascii") as maps:
            return bool(re.search("lib[at]san", maps.read()))

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        """Asks the process to end, and returns its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=20)
        self.process = None
        return status


class Client:
    """One connection, kept open. Not for two threads at once."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.sent = 0

    def call(self, method, *params):
        self.sent += 1
        body = json.dumps({"jsonrpc": "2.0", "id": self.sent, "method": method, "params": params})
        try:
            self.connection.request("POST", "/", body, {"content-type": "application/json"})
            reply = json.loads(self.connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as failure:
            self.connection.close()
            raise NodeFailed(f"{method}: {failure or type(failure).__name__}") from failure
        if reply.get("id") != self.sent:
            raise NodeFailed(f"{method}: a reply to {reply.get('id')}, not to {self.sent}")
        if "error" in reply:
            raise RpcError(reply["error"])
        return reply["result"]

    def number(self, method, *params):
        return int(self.call(method, *params), 16)

    def receipt(self, tx_hash):
        """Waits until the transaction is in a block."""
        until = time.perf_counter() + RECEIPT_SECONDS_MAX
        while time.perf_counter() < until:
            receipt = self.call("eth_getTransactionReceipt", tx_hash)
            if receipt:
                return receipt
            time.sleep(0.002)
        raise NodeFailed(f"no receipt of {tx_hash} after {RECEIPT_SECONDS_MAX} s")

    def send(self, transaction):
        """Has the node sign and mine a transaction; returns its receipt."""
        receipt = self.receipt(self.call("eth_sendTransaction", transaction))
        if receipt["status"] != "0x1":
            raise NodeFailed(f"transaction {receipt['transactionHash']} failed")
        return receipt


def word(value):
    return value.to_bytes(32, "big")


def encode(types, values):
    """ABI encoding of addresses (hex), numbers, and bytes or strings."""
    if len(types) != len(values):
        raise ValueError(f"{len(values)} values for {types}")
    heads, tail = [], b""
    for kind, value in zip(types, values):
        if kind in ("bytes", "string"):
            data = value.encode() if kind == "string" else value
            heads.append(word(32 * len(types) + len(tail)))
            tail += word(len(data)) + data + bytes(-len(data) % 32)
        else:
            heads.append(word(int(value, 16) if kind == "address" else int(value)))
    return b"".join(heads) + tail


def decode(types, data):
    """The reverse of encode(), with addresses in lower case."""
    values = []
    for i, kind in enumerate(types):
        head = int.from_bytes(data[32 * i:32 * i + 32], "big")
        if kind in ("bytes", "string"):
            size = int.from_bytes(data[head:head + 32], "big")
            body = data[head + 32:head + 32 + size]
            values.append(body.decode() if kind == "string" else body)
        else:
            values.append("0x%040x" % head if kind == "address" else head)
    return values


class Contract:
    """A contract of contracts/artifacts, at an address once deployed."""

    def __init__(self, client, name):
        self.client, self.name, self.address = client, name, None
        with open(os.path.join(ARTIFACTS, name + ".json"), encoding="utf-8") as file:
            self.artifact = json.load(file)
        self.topics = {topic: text.split("(")[0] for text, topic in self.artifact["events"].items()}
        self.errors = {selector: text.split("(")[0] for text, selector in self.artifact["errors"].items()}

    def _item(self, kind, name):
        return next(item for item in self.artifact["abi"] if item["type"] == kind and item.get("name") == name)

    def deploy(self, sender, *values):
        types = [i["type"] for item in self.artifact["abi"] if item["type"] == "constructor" for i in item["inputs"]]
        data = self.artifact["bytecode"] + encode(types, values).hex()
        receipt = self.client.send({"from": sender, "data": data})
        self.address = receipt["contractAddress"]
        return receipt

    def calldata(self, function, *values):
        types = [i["type"] for i in self._item("function", function)["inputs"]]
        selector = self.artifact["functions"][f"{function}({','.join(types)})"]
        return selector + encode(types, values).hex()

    def transaction(self, sender, function, *values):
        return {"from": sender, "to": self.address, "gas": hex(CALL_GAS), "data": self.calldata(function, *values)}

    def send(self, sender, function, *values):
        return self.client.send(self.transaction(sender, function, *values))

    def read(self, function, *values):
        """The first value that a view function returns."""
        data = self.client.call("eth_call", {"to": self.address, "data": self.calldata(function, *values)}, "latest")
        return decode([self._item("function", function)["outputs"][0]["type"]], bytes.fromhex(data[2:]))[0]

    def refusal(self, sender, function, *values):
        """The name of the custom error that a transaction would end in, or
        None where it would pass."""
        try:
            self.client.call("eth_call", self.transaction(sender, function, *values), "latest")
        except RpcError as error:
            return self.errors.get(str(error.data)[:10], str(error))
        return None

    def event(self, log):
        """An event's name and arguments by name; None for another's log."""
        name = self.topics.get(log["topics"][0]) if log["topics"] else None
        if name is None or log["address"].lower() != self.address.lower():
            return None
        inputs = self._item("event", name)["inputs"]
        indexed = [i for i in inputs if i["indexed"]]
        plain = [i for i in inputs if not i["indexed"]]
        values = {}
        for i, topic in zip(indexed, log["topics"][1:]):
            values[i["name"]] = decode([i["type"]], bytes.fromhex(topic[2:]))[0]
        data = decode([i["type"] for i in plain], bytes.fromhex(log["data"][2:]))
        values.update(zip((i["name"] for i in plain), data))
        return name, values

    def events(self, from_block=0):
        query = {"address": self.address, "fromBlock": hex(from_block), "toBlock": "latest"}
        return [self.event(log) for log in self.client.call("eth_getLogs", query)]
