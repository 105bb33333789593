#!/usr/bin/env python3
"""Says which #include lines in src/ go against src/layers.txt."""
import pathlib
import re
import sys

# tests/vectors.h serves every module's tests, and hands out JSON.
ANY_TEST_MAY = {"tests", "base", "codec"}

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"


def read_layers(path):
    """Returns module -> what it may include, outside header -> its modules."""
    may, owner, faults = {}, {}, []
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        module, rest = line.split(":")
        below, _, outside = rest.partition("|")
        below = below.split()
        faults += [
            f"layers.txt: {module} names {b}, not on an earlier line"
            for b in below
            if b not in may
        ]
        may[module] = {module, *below}
        for header in outside.split():
            owner.setdefault(header, []).append(module)
    return may, owner, faults


def includes(file):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if found:
            yield number, *found.groups()


def main():
    may, owner, faults = read_layers(SRC / "layers.txt")
    for folder in sorted(p for p in SRC.iterdir() if p.is_dir()):
        if folder.name not in may:
            faults.append(f"src/{folder.name}: no line in layers.txt")
    for file in sorted(SRC.rglob("*.[ch]")):
        where = file.relative_to(SRC)
        module, is_test = where.parts[0], "test" in where.parts
        allowed = may.get(module, set()) | (ANY_TEST_MAY if is_test else set())
        for number, kind, header in includes(file):
            if kind == '"' and header.split("/")[0] not in allowed:
                faults.append(f"{where}:{number}: {module} may not include {header}")
            if kind == "<" and not is_test and module not in owner.get(header, [module]):
                faults.append(f"{where}:{number}: only {' and '.join(owner[header])} may include <{header}>")
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"layers: {len(may)} modules, {len(faults)} faults")
    return bool(faults)


sys.exit(main())
