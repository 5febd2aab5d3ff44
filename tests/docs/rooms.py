#!/usr/bin/env python3
"""Checks that each folder of src/ uses only what the table of CONTRIBUTING.md allows, so that no import
runs upward. Test modules may use everything."""

import re
import sys
from pathlib import Path

CORE = ["wire", "preferences", "policy", "consent", "observe", "middleware", "source", "work"]
TEST_FILES = {"tests.rs", "cases.rs", "testing.rs"}
ROW = re.compile(r"^\| `src/(\w+)(?:/|\.rs)` \| [^|]* \| ([^|]*) \|$", re.M)


def allowed():
    """Returns what each room may use, from the table."""
    rooms = {}
    for room, uses in ROW.findall(Path("CONTRIBUTING.md").read_text()):
        rooms[room] = {room, "work", *re.findall(r"`(\w+)`", uses)}
        if "all of the core" in uses:
            rooms[room].update(CORE)
    return rooms


def exports():
    """Returns the room behind each name at the root, and in the root's inline modules."""
    lib = Path("src/lib.rs").read_text()
    rooms = {}
    for room, names in re.findall(r"pub use (?:crate::)?(\w+)::(\{.*?\}|[\w:]+);", lib, re.S):
        for name in re.findall(r"(\w+)\s*(?=[,}]|$)", names):
            rooms[name] = room
    return rooms


def imports(text):
    """Returns the first two segments of each path below `crate`."""
    text = re.sub(r"//.*", "", text)
    for path in re.findall(r"\bcrate::(\w+)", text):
        yield path
    for group in re.finditer(r"\bcrate::\{", text):
        depth, start = 1, group.end()
        at = start
        while depth and at < len(text):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        inside = text[start : at - 1]
        while re.search(r"\{[^{}]*\}", inside):
            inside = re.sub(r"\{[^{}]*\}", "", inside)
        for part in inside.split(","):
            if found := re.match(r"\s*(\w+)", part):
                yield found.group(1)


def main():
    rooms, names, wrong = allowed(), exports(), 0
    folders = {path.stem for path in Path("src").iterdir() if path.name not in ("lib.rs", "work.rs")}
    for missing in sorted(folders - rooms.keys()):
        print(f"src/{missing}: not in the table of CONTRIBUTING.md")
        wrong += 1
    for path in sorted(Path("src").rglob("*.rs")):
        room = path.relative_to("src").parts[0].removesuffix(".rs")
        if path.name in TEST_FILES or room not in rooms or "tests" in path.parts:
            continue
        code = path.read_text().split("\nmod tests {")[0]
        for used in sorted({names.get(name, name) for name in imports(code)}):
            if used in rooms and used not in rooms[room]:
                print(f"{path}: {room} may not use {used} (CONTRIBUTING.md, Where a change belongs)")
                wrong += 1
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
