#!/usr/bin/env python3
"""Checks that the files and functions which ARCHITECTURE.md names exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    page = ROOT / "ARCHITECTURE.md"
    quoted = set(re.findall(r"`([^`\n]+)`", page.read_text()))
    code = "\n".join(f.read_text() for d in ("src", "tests", "bench")
                     for f in (ROOT / d).rglob("*.[ch]"))
    words = set(re.findall(r"[A-Za-z_]\w*", code))
    faults = []
    for name in sorted(quoted):
        if re.fullmatch(r"[a-z_0-9]+\(\)", name) and name[:-2] not in words:
            faults.append(f"{name}: no such function")
        if re.fullmatch(r"[\w./-]+\.(c|h|txt|def|md|py|cmake)", name):
            if not any((ROOT / base / name).exists() for base in ("", "src")):
                faults.append(f"{name}: no such file")
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"architecture: {len(quoted)} names, {len(faults)} faults")
    return bool(faults)


sys.exit(main())
