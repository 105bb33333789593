#!/usr/bin/env python3
"""docs/methods.md, from the table of methods by which the daemon answers."""
import itertools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENTRY = re.compile(r'^METHOD\(([\w.]+),\s*\w+,\s*(\d+),\s*(\d+),\s*"([^"]*)",\s*(RPC_\w+)\)', re.M | re.S)
WHERE = {"RPC_SHORT": "loop", "RPC_DEFERS": "loop, after the block", "RPC_LONG": "worker",
         "RPC_TRIES": "loop, or worker where it is long"}
HEAD = """# Methods

All that `loftd` answers, by namespace. Arguments come by position or by name; those in brackets may be left out. The
last column says where a call begins: on the loop, or on a worker thread beside it. From there it may go to the other, as
for the pending block, or for what a fork has not read yet. `rpc.discover` answers the same as OpenRPC. Made from
`src/rpc/methods.def` by `tools/make_methods.py`.
"""


def arguments(names, required):
    return " ".join(f"`{name}`" if i < required else f"[`{name}`]" for i, name in enumerate(names))


def main():
    entries = ENTRY.findall((ROOT / "src/rpc/methods.def").read_text())
    print(HEAD, end="")
    for space, group in itertools.groupby(entries, lambda entry: re.split(r"[_.]", entry[0])[0]):
        print(f"\n## {space}\n\n| method | arguments | begins on |\n|---|---|---|")
        for name, required, _, names, kind in group:
            print(f"| `{name}` | {arguments(names.split(), int(required))} | {WHERE[kind]} |")


main()
