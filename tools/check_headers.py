#!/usr/bin/env python3
"""Compiles every header alone, and checks that no two share a name."""
import collections
import concurrent.futures
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLAGS = ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", '-DLOFT_MODULE="x"']


def fault(compiler, header):
    text = f'#include "{header.relative_to(ROOT / "src")}"\n'
    done = subprocess.run(
        [compiler, *FLAGS, f"-I{ROOT}/src", "-fsyntax-only", "-x", "c", "-"],
        input=text, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else "cc"
    headers = sorted((ROOT / "src").rglob("*.h"))
    names = collections.Counter(h.name for h in headers)
    faults = [f"{name}: {n} headers of that name" for name, n in names.items() if n > 1]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        faults += filter(None, pool.map(lambda h: fault(compiler, h), headers))
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"headers: {len(headers)} headers, {len(faults)} faults")
    return bool(faults)


sys.exit(main())
