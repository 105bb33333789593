#!/usr/bin/env python3
"""Makes every generated file again and compares it with the one in the tree."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MADE_BY = {
    "docs/methods.md": "tools/make_methods.py",
    "src/crypto/bls12_constants.c": "tools/make_bls12.py",
    "src/crypto/bn254_constants.c": "tools/make_bn254.py",
    "src/crypto/prime_field_constants.c": "tools/make_fields.py",
}


def stale(path, maker):
    done = subprocess.run(
        [sys.executable, ROOT / maker], capture_output=True, text=True, check=True)
    return done.stdout != (ROOT / path).read_text()


def main():
    faults = [
        f"{path} is stale: run {maker} > {path}"
        for path, maker in MADE_BY.items()
        if stale(path, maker)
    ]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"generated: {len(MADE_BY)} files, {len(faults)} faults")
    return bool(faults)


sys.exit(main())
