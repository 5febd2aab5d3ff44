"""Looks for words that English readers stumble over, and for summaries that begin with a question word.

    python3 tests/docs/words.py

Reads the list in tests/docs/words.txt. Ends with 1 where one is found, or where more than 3 % of the
summaries in `src/` begin with What, Whether, How or Which.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests/docs/words.txt"
FILES = ["*.rs", "*.md", "*.toml", ".ci/*"]
QUESTION = re.compile(r"\s*/// (What|Whether|How|Which)\b")
SUMMARY = re.compile(r"\s*///(?!/)")
LIMIT = 0.03


def tracked():
    names = subprocess.run(
        ["git", "ls-files", "--", *FILES], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in names.stdout.split()]


def rules():
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern, instead = line.split(" => ")
            yield re.compile(pattern), instead


def main():
    words, found, summaries, questions = list(rules()), 0, 0, 0
    for path in tracked():
        if not path.is_file():
            continue
        name, previous = path.relative_to(ROOT), ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for pattern, instead in words:
                if hit := pattern.search(line):
                    print(f"{name}:{number}: {hit[0]!r}: write {instead}")
                    found += 1
            if name.parts[0] == "src" and SUMMARY.match(line) and not SUMMARY.match(previous):
                summaries += 1
                questions += bool(QUESTION.match(line))
            previous = line
    share = questions / summaries
    print(f"{found} such words; {questions} of {summaries} summaries ({share:.1%}) ask a question")
    return bool(found) or share > LIMIT


if __name__ == "__main__":
    sys.exit(main())
