#!/usr/bin/env python3
"""Writes the console's files (web/) as a table in C: node/console.h.

    tools/embed_web.py web console_files.c

The same files give the same bytes, whenever and wherever it runs.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


def web_files(folder):
    """Path as requests name it, and contents, sorted."""
    found = ((f"/{path.relative_to(folder).as_posix()}", path) for path in folder.rglob("*") if path.suffix in TYPES)
    return [(name, path.read_bytes()) for name, path in sorted(found)]


def compress(contents):
    return gzip.compress(contents, 9, mtime=0)


def array(name, contents):
    rows = (contents[i:i + 24] for i in range(0, len(contents), 24))
    text = ",\n".join(",".join(map(str, row)) for row in rows)
    return f"static const uint8_t {name}[] = {{\n{text}}};\n"


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    parts = ['#include "node/console.h"\n\n']
    table = []
    for i, (name, contents) in enumerate(web_files(folder)):
        tag = hashlib.sha256(contents).hexdigest()[:32]
        parts += [array(f"plain_{i}", contents), array(f"gzip_{i}", compress(contents))]
        kind = TYPES[pathlib.PurePosixPath(name).suffix]
        table.append(f'    {{"{name}", "{kind}", "\\"{tag}\\"",\n'
                     f"     {{plain_{i}, sizeof plain_{i}}}, {{gzip_{i}, sizeof gzip_{i}}}}},\n")
    parts += ["\nconst struct console_file console_files[] = {\n", *table, "};\n\n",
              f"const size_t console_file_count = {len(table)};\n"]
    out.write_text("".join(parts))


if __name__ == "__main__":
    main()
