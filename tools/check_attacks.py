#!/usr/bin/env python3
"""Every test that docs/peer-attacks.md names is there, and every test of an
attack stands in it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Programs whose tests are all of attacks.
WHOLE = ("p2p.gossip_attacks", "p2p.peer_attacks", "p2p.flood")


def tests_of(program):
    module, noun = program.split(".")
    path = ROOT / "src" / module / "test" / f"test_{noun}.c"
    text = path.read_text() if path.exists() else ""
    defined = set(re.findall(r"^static void (\w+)\(void \*\*state\)", text, re.M))
    # Defined, and in the list of those that run.
    return {name for name in defined if len(re.findall(rf"\b{name}\b", text)) > 1}


def main():
    text = (ROOT / "docs" / "peer-attacks.md").read_text()
    named = set(re.findall(r"`(\w+\.\w+): (\w+)`", text))
    faults = [f"docs/peer-attacks.md names {program}: {test}, which is not there"
              for program, test in sorted(named) if test not in tests_of(program)]
    faults += [f"docs/peer-attacks.md has no {program}: {test}"
               for program in WHOLE for test in sorted(tests_of(program)) if (program, test) not in named]
    for module, noun in sorted(set(re.findall(r"`(\w+)\.fuzz_(\w+)`", text))):
        if not (ROOT / "src" / module / "test" / f"fuzz_{noun}.c").exists():
            faults.append(f"docs/peer-attacks.md names {module}.fuzz_{noun}, which is not there")
    print("\n".join(faults))
    print(f"attacks: {len(named)} tests named, {len(faults)} faults")
    return 1 if faults or not named else 0


sys.exit(main())
