#!/usr/bin/env python3
"""Every event that the log may have stands in docs/operations.md with its
level, and no other does."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def logged():
    events = {("log_dropped", "warn")}  # base/log.c writes it itself
    for path in sorted((ROOT / "src").glob("*/*.c")):
        for level, event in re.findall(r'\blog_(error|warn|info|debug)\(\s*"([a-z_]+)"', path.read_text()):
            events.add((event, level))
    return events


def documented():
    text = (ROOT / "docs" / "operations.md").read_text()
    return set(re.findall(r"^\| `([a-z_]+)` \| (error|warn|info|debug) \|", text, re.M))


def main():
    faults = [f"{event} ({level}) is not in docs/operations.md" for event, level in sorted(logged() - documented())]
    faults += [f"docs/operations.md has {event} ({level}), and nothing logs it"
               for event, level in sorted(documented() - logged())]
    print("\n".join(faults))
    print(f"events: {len(logged())}, {len(faults)} faults")
    return 1 if faults else 0


sys.exit(main())
