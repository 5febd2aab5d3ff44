"""Checks the English of docs, comments, messages and test names.

    python3 tests/docs/words.py

The list of words to avoid is in tests/docs/words.txt. Each hit is printed as `file:line`, with the wording to use
instead. Also checked: names of functions, tests above all, have fewer than 60 characters, and at most 3 % of the
summaries in `src/` begin with What, Whether, How or Which. Exits with 1 if anything is found.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests/docs/words.txt"
FILES = ["*.rs", "*.md", "*.toml", "*.py", "*.js", "docs/openapi.json", ".ci/*", "fuzz/run", "tests/load/run"]
# Not ours to word: data, and the list itself.
OTHERS = re.compile(r"tests/(data/(?!.*README)|docs/words)")
NAME_LIMIT = 60
QUESTION_LIMIT = 0.03

# A comment with everything up to the end of the line, a string, a raw string, a character.
TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*)|(?P<block>/\*.*?\*/)|(?:b|c)?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)"""
    r"""|"(?P<string>(?:[^"\\]|\\.)*)"|'(?:[^'\\\n]|\\[^\n]+?)'""",
    re.DOTALL,
)
FUNCTION = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?fn (\w+)", re.MULTILINE)
QUESTION = re.compile(r"(What|Whether|How|Which)\b")


class Prose:
    """Text as it reads, with the line of each of its parts, so that wrapped phrases are found."""

    def __init__(self):
        self.text, self.starts = "", []

    def add(self, line, text):
        self.starts.append((len(self.text), line))
        self.text += " ".join(text.split()) + " "

    def line(self, at):
        return max(line for start, line in self.starts if start <= at)


def tracked():
    command = ["git", "ls-files", "--", *FILES]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in names.stdout.splitlines():
        if (ROOT / name).is_file() and not OTHERS.match(name):
            yield name, (ROOT / name).read_text(encoding="utf-8")


def rust(text):
    """The comments, strings and function names of Rust code; comments on consecutive lines are one text."""
    prose, last = Prose(), 0
    for token in TOKENS.finditer(text):
        line = text.count("\n", 0, token.start()) + 1
        comment = token["comment"] or token["block"]
        if comment:
            begins = text.rfind("\n", 0, token.start()) + 1
            alone = not text[begins : token.start()].strip()
            if not (alone and line == last + 1):
                yield prose
                prose = Prose()
            prose.add(line, comment.lstrip("/!*"))
            last = line if alone else 0
        elif (string := token["string"] or token["raw"]) is not None:
            message = Prose()
            for number, part in enumerate(string.split("\n")):
                message.add(line + number, part.rstrip("\\").replace('\\"', '"'))
            yield message
    yield prose
    for function in FUNCTION.finditer(text):
        name = Prose()
        name.add(text.count("\n", 0, function.start(1)) + 1, function[1].replace("_", " "))
        yield name


def paragraphs(text):
    """The paragraphs of other files, without what is quoted as code."""
    prose = Prose()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = re.sub("`[^`]*`", "`…`", line.strip().lstrip("#").strip())
        if not stripped or stripped.startswith(("|", "- ")):
            yield prose
            prose = Prose()
        prose.add(number, stripped)
    yield prose


def summaries(text):
    """The first lines of the doc comments of items, with their numbers."""
    previous = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("///") and not previous.startswith(("///", "#[doc")):
            yield number, line[3:].strip()
        previous = line


def main():
    rules = [line.split(" => ") for line in LIST.read_text(encoding="utf-8").splitlines()]
    rules = [(re.compile(rule[0]), rule[1]) for rule in rules if len(rule) == 2]
    found, questions, all_summaries = [], [], 0
    for name, text in tracked():
        is_rust = name.endswith(".rs")
        for prose in (rust if is_rust else paragraphs)(text):
            for pattern, instead in rules:
                for hit in pattern.finditer(prose.text):
                    found.append(f"{name}:{prose.line(hit.start())}: {hit[0]!r}: write {instead}")
        for function in FUNCTION.finditer(text) if is_rust else ():
            if len(function[1]) >= NAME_LIMIT:
                line = text.count("\n", 0, function.start(1)) + 1
                found.append(f"{name}:{line}: a name of {len(function[1])} characters: {function[1]}")
        if is_rust and name.startswith("src/"):
            for line, summary in summaries(text):
                all_summaries += 1
                if QUESTION.match(summary):
                    questions.append(f"{name}:{line}: begin with a verb, or a type with a noun: {summary}")
    share = len(questions) / max(all_summaries, 1)
    too_many = share > QUESTION_LIMIT
    print(*found, *(questions if too_many else ()), sep="\n")
    print(f"{len(found)} phrases to reword; {len(questions)} of {all_summaries} summaries are questions ({share:.1%})")
    return bool(found) or too_many


if __name__ == "__main__":
    sys.exit(main())
