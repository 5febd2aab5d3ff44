"""Builds a copy of the project that has every mutant in it, and leaves out those that do not compile."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import schemata

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
HOME = TARGET / "mutants"
TREE = HOME / "tree"
# Not the project's own: cargo takes the same crate in two folders for one, and would mix their binaries.
BUILT = HOME / "build"
KEPT = HOME / "built.json"
FEATURES = ["--locked", "--all-features", "-p", "tower-cookie-consent"]


class Mutants:
    """The mutants of some folders, and what is known about each from earlier runs.

    A mutant is known by its file, its description and how many of the same there are before it in the file, so that
    it is the same one after an edit elsewhere; so is its function. `fates` says why mutants are not in the build."""

    def __init__(self, folders):
        listed = subprocess.run(
            ["cargo", "mutants", "--list", "--json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        self.all, same, spans = [], Counter(), {}
        for mutant in json.loads(listed):
            if not any(mutant["file"] == folder or mutant["file"].startswith(f"{folder}/") for folder in folders):
                continue
            what = mutant["name"].split(": ", 1)[1]
            key = f"{mutant['file']}: {what}"
            same[key] += 1
            mutant["id"] = f"{key} ({same[key]})" if same[key] > 1 else key
            mutant["number"] = len(self.all) + 1
            if function := mutant["function"]:
                of = spans.setdefault((mutant["file"], function["function_name"]), {})
                which = of.setdefault(json.dumps(function["span"]), len(of) + 1)
                mutant["of"] = f"{mutant['file']}: {function['function_name']} {which}"
            self.all.append(mutant)
        self.by_number = {mutant["number"]: mutant for mutant in self.all}
        self.path = HOME / "fates.json"
        self.fates = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.constant = set(self.fates.pop("const", []))
        for mutant in self.all:
            if reason := schemata.why_not(mutant):
                self.fates[mutant["id"]] = reason

    def built(self):
        return [mutant for mutant in self.all if mutant["id"] not in self.fates]

    def drop(self, number, fate):
        self.fates[self.by_number[number]["id"]] = fate

    def keep(self, binaries):
        """Notes what is in the build, and returns it."""
        numbers = {mutant["id"]: mutant["number"] for mutant in self.built()}
        built = {"binaries": binaries, "mutants": numbers, "functions": self.functions}
        KEPT.write_text(json.dumps(built))
        return built

    def save(self):
        self.path.write_text(json.dumps({**self.fates, "const": sorted(self.constant)}, indent=1))


def write(path, data):
    """Writes a file that changed, so that cargo sees which ones did."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def copy_project(skip):
    """Copies all files of the project but these, and removes those that are gone."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    ).stdout.decode().split("\0")
    names = {name for name in names if name and (ROOT / name).is_file()}
    for name in names - skip:
        write(TREE / name, (ROOT / name).read_bytes())
        shutil.copymode(ROOT / name, TREE / name)
    for path in TREE.glob("src/**/*.rs"):
        if str(path.relative_to(TREE)) not in names | {"src/schemata.rs"}:
            path.unlink()


def write_tree(mutants):
    """Writes the copy with all mutants that may compile. Returns the lines of each mutant, by file and number."""
    files, arms, mutants.functions = {}, {}, []
    for mutant in mutants.built():
        files.setdefault(mutant["file"], []).append(mutant)
    copy_project(skip=files.keys() | {"src/lib.rs"})
    for name, found in files.items():
        first = len(mutants.functions)
        text, of, kept = schemata.rewrite((ROOT / name).read_text(), found, first, mutants.constant)
        for number in kept:
            mutants.drop(number, "in a const fn")
        names = {function: mutants.by_number[number]["of"] for number, function in of.items()}
        mutants.functions += [names[function] for function in sorted(names)]
        arms[name] = schemata.arms(text)
        write(TREE / name, text.encode())
    library = (ROOT / "src/lib.rs").read_text()
    write(TREE / "src/lib.rs", f"{library}\nmod schemata;\n".replace("//!", "#![allow(warnings)]\n//!", 1).encode())
    write(TREE / "src/schemata.rs", schemata.switch(len(mutants.functions)).encode())
    return arms


def cargo(*arguments):
    """Runs cargo in the copy. Returns its messages."""
    command = ["cargo", *arguments, *FEATURES, "--message-format", "json"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(BUILT), "CARGO_INCREMENTAL": "0"}
    run = subprocess.run(command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode and not any(message["reason"] == "compiler-message" for message in messages):
        sys.exit(run.stderr)
    return messages


def places(message):
    """Yields the file and line of each place that an error names, the primary ones first."""
    spans = sorted(message["spans"], key=lambda span: not span["is_primary"])
    for span in spans:
        while span:
            yield span["file_name"], span["line_start"]
            span = span["expansion"] and span["expansion"]["span"]
    for child in message["children"]:
        yield from places(child)


def blamed(message, arms):
    """Returns the number of the mutant that an error is about, if any."""
    for name, line in places(message):
        for number, (first, last) in arms.get(name, {}).items():
            if first <= line <= last:
                return number
    return None


def fits(mutants, arms, *command):
    """Returns whether it compiles, and leaves out what does not."""
    messages = cargo(*command)
    errors = [
        found["message"]
        for found in messages
        if found["reason"] == "compiler-message" and found["message"]["level"] == "error"
    ]
    dropped, unexplained = set(), []
    for error in errors:
        called = re.search(r"non-const .*`(?:[^`]*::)?(\w+)[^`]*`", error["message"])
        if number := blamed(error, arms):
            dropped.add(number)
        elif called and called[1] not in mutants.constant:
            mutants.constant.add(called[1])
            dropped.add(None)
        elif error["spans"]:
            unexplained.append(error)
    for number in dropped - {None}:
        mutants.drop(number, "unviable")
    mutants.save()
    if errors and not dropped:
        sys.exit("\n".join(error["rendered"] for error in unexplained or errors))
    print(f"  {' '.join(command)}: {len(dropped)} do not compile", flush=True)
    return messages if not errors else None


def build(mutants):
    """Builds the tests with all mutants that compile. Returns the binaries by target, the number of each
    mutant, and the functions by their number."""
    HOME.mkdir(parents=True, exist_ok=True)
    # The compiler generates no code as long as there are errors.
    while not (messages := fits(mutants, write_tree(mutants), "test", "--no-run", "--lib", "--test", "it")):
        pass
    binaries = {
        message["target"]["name"]: message["executable"]
        for message in messages
        if message["reason"] == "compiler-artifact" and message.get("executable") and message["profile"]["test"]
    }
    return mutants.keep(binaries)
