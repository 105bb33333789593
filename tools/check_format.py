#!/usr/bin/env python3
"""Checks that clang-format would change nothing."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    tool = shutil.which("clang-format-14")
    if not tool:
        print("format: clang-format-14 is not installed, skipped")
        return 77
    files = sorted(f for d in ("src", "tests", "bench") for f in (ROOT / d).rglob("*.[ch]")
                   if "node_modules" not in f.parts)
    done = subprocess.run([tool, "--dry-run", "--Werror", *map(str, files)],
                          capture_output=True, text=True, check=False)
    print(done.stderr[-8000:])
    print(f"format: {len(files)} files, {'faults' if done.returncode else 'no fault'}")
    return int(done.returncode != 0)


sys.exit(main())
