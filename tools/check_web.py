#!/usr/bin/env python3
"""Checks what the console is made of: that all of it is small, that its
libraries are the ones named in web/vendor/README.md, and that its own files
write no HTML and name no other place.

    150 kB compressed, of 1,000 bytes each, is the bound for everything.
"""
import gzip
import hashlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BYTES_MAX = 150_000
SERVED = {".css", ".html", ".js", ".svg", ".txt"}
# A page that has none of these cannot be made to run what the chain says.
FORBIDDEN = (
    r"\binnerHTML\b", r"\bouterHTML\b", r"\binsertAdjacentHTML\b", r"\bdangerouslySetInnerHTML\b",
    r"\bdocument\.write\b", r"\beval\(", r"\bnew Function\b", r"https?://(?!www\.w3\.org/2000/svg)",
)


def size_faults():
    files = [path for path in WEB.rglob("*") if path.suffix in SERVED]
    total = sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in files)
    print(f"web: {len(files)} files, {total:,} bytes compressed of {BYTES_MAX:,}")
    return [f"web: {total:,} bytes compressed, more than {BYTES_MAX:,}"] if total > BYTES_MAX else []


def vendor_faults():
    """Every file of web/vendor has its line "| path | sha256 |" in README.md."""
    vendor = WEB / "vendor"
    named = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", (vendor / "README.md").read_text(), re.M))
    there = {path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
             for path in vendor.rglob("*") if path.is_file() and path.name != "README.md"}
    faults = [f"web/vendor/{name}: not what README.md says" for name, digest in there.items()
              if named.get(name) != digest]
    return faults + [f"web/vendor/README.md names {name}, which is not there" for name in named.keys() - there.keys()]


def preload_faults():
    """index.html names every module, so that none is found only by another."""
    page = (WEB / "index.html").read_text()
    named = set(re.findall(r'rel="modulepreload" href="/([^"]+)"', page))
    there = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js")}
    there -= set(re.findall(r'<script src="/([^"]+)"', page))
    return [f"web/index.html: modulepreload of {name}" for name in sorted(named ^ there)]


def own_faults():
    faults = []
    for path in WEB.rglob("*"):
        if path.suffix not in SERVED or "vendor" in path.relative_to(WEB).parts:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            faults += [f"{path.relative_to(ROOT)}:{number}: {pattern}" for pattern in FORBIDDEN
                       if re.search(pattern, line)]
    return faults


def main():
    faults = size_faults() + vendor_faults() + preload_faults() + own_faults()
    print(*faults, sep="\n", end="\n" if faults else "")
    return bool(faults)


sys.exit(main())
