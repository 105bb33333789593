#!/usr/bin/env python3
"""The published request and answer pairs of ethereum/execution-apis, against
loftd on the chain that they were made on.

Each file is a conversation: ">>" is sent, "<<" is what must come back. Where
both are errors their codes are compared. A file marked "speconly" binds the
answer's shape alone: that it is a result or an error, and its members.

Exit status: 0 all as published, 1 not, 77 the data or loftd is not there.
Environment: LOFT_BIN; LOFT_VECTORS; FILTER, a part of the names to run.
"""
import json
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from node_client import Client, Node  # noqa: E402

VECTORS = pathlib.Path(os.environ.get("LOFT_VECTORS", ROOT / ".." / "shared" / "vectors"))
LOFTD = pathlib.Path(os.environ.get("LOFT_BIN", ROOT / "build" / "release" / "bin")) / "loftd"

def same_shape(got, wanted):
    """Members of objects and kinds of values, all the way down. Elements of a
    list are alike where each is like one of those that are wanted: members may
    be left out of some."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(
            same_shape(got[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(got, list) and (not wanted or all(
            same_shape(one, wanted[i % len(wanted)]) or any(same_shape(one, other) for other in wanted)
            for i, one in enumerate(got)))
    return isinstance(got, type(wanted)) or (isinstance(got, (int, float)) and isinstance(wanted, (int, float)))


def fault(got, wanted, is_shape_only):
    """Why an answer is not the wanted one; None where it is."""
    if "error" in wanted:
        if "error" not in got:
            return f"a result where error {wanted['error']} is wanted"
        if got["error"]["code"] != wanted["error"]["code"]:
            return f"error {got['error']} where {wanted['error']} is wanted"
        if got["error"].get("data") != wanted["error"].get("data"):
            return f"error data {got['error'].get('data')} where {wanted['error'].get('data')} is wanted"
        return None
    if "error" in got:
        return f"error {got['error']}"
    if is_shape_only:
        return None if same_shape(got["result"], wanted["result"]) else f"another shape: {json.dumps(got['result'])[:200]}"
    return None if got == wanted else first_difference(got["result"], wanted["result"])


def first_difference(got, wanted, where="result"):
    if isinstance(got, dict) and isinstance(wanted, dict):
        for key in sorted(got.keys() | wanted.keys()):
            if got.get(key) != wanted.get(key):
                return first_difference(got.get(key), wanted.get(key), f"{where}.{key}")
    if isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        for i, (a, b) in enumerate(zip(got, wanted)):
            if a != b:
                return first_difference(a, b, f"{where}[{i}]")
    return f"{where} is {json.dumps(got)[:200]}, not {json.dumps(wanted)[:200]}"


def converse(client, path):
    """Returns the first fault of a file's conversation."""
    lines = path.read_text().splitlines()
    is_shape_only = any("speconly" in line for line in lines if line.startswith("//"))
    request = None
    for line in lines:
        if line.startswith(">>"):
            request = line[2:].strip()
        elif line.startswith("<<"):
            client.connection.request("POST", "/", request, {"content-type": "application/json"})
            got = json.loads(client.connection.getresponse().read())
            found = fault(got, json.loads(line[2:]), is_shape_only)
            if found:
                return found
    return None


def score(files, faults):
    """A line a method: how many of its conversations went as published."""
    methods = sorted({path.parent.name for path in files})
    for method in methods:
        own = [path for path in files if path.parent.name == method]
        wrong = sum(path in faults for path in own)
        print(f"  {method:44} {len(own) - wrong:3} of {len(own)}")
    print(f"rpc_compat: {len(files) - len(faults)} of {len(files)} conversations over {len(methods)} methods")


def main():
    tests = VECTORS / "rpc-compat" / "tests"
    if not tests.is_dir() or not LOFTD.exists():
        print(f"skipped: {tests} or {LOFTD} is not there")
        return 77
    files = sorted(p for p in tests.glob("*/*.io") if os.environ.get("FILTER", "") in str(p))
    faults = {}
    with tempfile.TemporaryDirectory() as folder:
        node = Node([str(LOFTD), "--port", "0", "--data-dir", folder + "/data", "--no-mining", "--accounts", "0",
                     "--genesis", str(tests / "genesis.json"), "--import", str(tests / "chain.rlp")], folder)
        node.start()
        for path in files:
            found = converse(Client(node.port), path)
            if found:
                faults[path] = found
        status = node.stop()
    score(files, faults)
    for path, found in faults.items():
        print(f"{path.parent.name}/{path.stem}: {found}")
    return 1 if faults or status else 0


sys.exit(main())
