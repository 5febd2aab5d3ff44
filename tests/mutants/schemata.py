"""Writes mutants into Rust source side by side, behind a switch.

A function that is mutated gets one copy of its body for each of its mutants, and its own body as the last arm:

    fn size(&self) -> usize { self.0 + 1 }
    fn size(&self) -> usize { match crate::schemata::active(7) { 21 => { self.0 - 1 } _ => { self.0 + 1 } } }

Here 7 is the number of the function, and 21 that of the mutant. Whole bodies are copied because this needs no
parser of expressions. It leaves two kinds of mutants to cargo-mutants itself: those outside of functions, and those
of functions that return `impl Trait`, where all arms would need the same hidden type."""

import re

# What is not code, with the brackets and words of what is. A character comes before a lifetime.
TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\b(?:b|c)?r(?P<hashes>\#*)"(?:.*?)"(?P=hashes)|\b[bc]?"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*"
    |'(?:[^'\\\n]|\\[^\n]+?)'|'\w+|[{}]|\w+""",
    re.DOTALL | re.VERBOSE,
)
ARM = re.compile(r"^// (begin|end) mutant (\d+)$")

# `active` returns the number of the mutant that is switched on. With MUTANTS_TRACE it appends the number of each
# function that is called to that file.
SWITCH = """//! The switch of mutants, written by tests/mutants/run.

use std::{env, fs, io::Write, sync::LazyLock, sync::atomic::{AtomicBool, Ordering::Relaxed}};

static MUTANT: LazyLock<u32> =
    LazyLock::new(|| env::var("MUTANT").ok().and_then(|n| n.parse().ok()).unwrap_or(0));
static TRACE: LazyLock<Option<fs::File>> = LazyLock::new(|| {
    let path = env::var_os("MUTANTS_TRACE")?;
    fs::OpenOptions::new().create(true).append(true).open(path).ok()
});
static SEEN: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

pub(crate) fn active(function: usize) -> u32 {
    if let Some(mut trace) = TRACE.as_ref()
        && !SEEN[function].swap(true, Relaxed)
    {
        _ = trace.write_all(format!("{function}\\n").as_bytes());
    }
    *MUTANT
}
"""


def switch(functions):
    """Returns the module `schemata` for this many functions."""
    return SWITCH.replace("COUNT", str(functions))


def tokens(text, start, end):
    """Yields brackets, words and lifetimes of the code, each with its offset, without comments and literals."""
    for found in TOKEN.finditer(text, start, end):
        token = found.group()
        if re.fullmatch(r"[{}]|'?\w+", token):
            yield found.start(), token


def body(text, start, end):
    """Returns the offsets of the brackets around the body of the function text[start:end]."""
    opened, pair = [], None
    for at, token in tokens(text, start, end):
        if token == "{":
            opened.append(at)
        elif token == "}":
            pair = (opened.pop(), at)
    if not pair or pair[1] != end - 1 or opened:
        raise ValueError(f"no body: {text[start:end]!r}")
    return pair


class Source:
    """The text of a file, with offsets by the lines and columns of cargo-mutants (from 1, in characters)."""

    def __init__(self, text):
        self.text = text
        self.lines = [0]
        for line in text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def span(self, span):
        start, end = (self.lines[span[at]["line"] - 1] + span[at]["column"] - 1 for at in ("start", "end"))
        return start, end


class Function:
    """A function with its mutants, and the mutated functions inside it."""

    def __init__(self, source, span):
        self.text = source.text
        self.start, self.end = source.span(span)
        self.open, self.close = body(self.text, self.start, self.end)
        self.mutants, self.inner, self.number = [], [], None

    def name(self):
        words = [token for _, token in tokens(self.text, self.start, self.open)]
        return words[words.index("fn") + 1]

    def head(self, keep_const):
        """Returns the text up to the body. The switch can't be read in a `const fn`, so it becomes a plain one."""
        found = list(tokens(self.text, self.start, self.open))
        for (at, token), (_, following) in zip(found, found[1:]):
            if token == "fn":
                break
            if token == "const" and following in ("async", "unsafe", "extern", "fn") and not keep_const:
                return self.text[self.start : at] + self.text[at + len("const") : self.open + 1]
        return self.text[self.start : self.open + 1]

    def is_const(self):
        return self.head(keep_const=False) != self.head(keep_const=True)

    def render(self):
        original = render(self.text, self.open + 1, self.close, self.inner)
        if not self.mutants:
            return self.text[self.start : self.open + 1] + original + "}"
        arms = []
        for number, start, end, replacement in self.mutants:
            mutated = self.text[self.open + 1 : start] + replacement + self.text[end : self.close]
            arms.append(f"{number} => {{\n// begin mutant {number}\n{mutated}\n// end mutant {number}\n}}\n")
        start = f" match crate::schemata::active({self.number}) {{\n"
        return self.head(keep_const=False) + start + "".join(arms) + f"_ => {{{original}\n}}\n}}\n}}"


def render(text, start, end, functions):
    """Returns text[start:end] with these functions rendered."""
    parts, at = [], start
    for function in sorted(functions, key=lambda function: function.start):
        parts += [text[at : function.start], function.render()]
        at = function.end
    return "".join(parts) + text[at:end]


def nested(functions):
    """Puts each function into the innermost one around it, and returns those with none around them."""
    outer, around = [], []
    for function in sorted(functions, key=lambda function: function.start):
        while around and around[-1].end <= function.start:
            around.pop()
        (around[-1].inner if around else outer).append(function)
        around.append(function)
    return outer


def why_not(mutant):
    """Returns why this mutant of cargo-mutants' list can't be switched, or None."""
    if not mutant["function"]:
        return "outside of functions"
    if re.search(r"\bimpl\b", mutant["function"]["return_type"]):
        return "returns impl Trait"
    return None


def rewrite(text, mutants, first_function=0, constant=()):
    """Writes mutants into the text of a file.

    Each mutant is an object of `cargo mutants --list --json` with a `number`. Functions are numbered from
    `first_function`; those with a name in `constant` stay `const`, without mutants. Returns the new text, the
    number of the function of each mutant, and the numbers of mutants in functions that stay `const`."""
    source, functions, of, kept = Source(text), {}, {}, []
    for mutant in mutants:
        span = mutant["function"]["span"]
        key = source.span(span)
        if key not in functions:
            functions[key] = Function(source, span)
        function = functions[key]
        if function.is_const() and function.name() in constant:
            kept.append(mutant["number"])
            continue
        if function.number is None:
            function.number = first_function
            first_function += 1
        function.mutants.append((mutant["number"], *source.span(mutant["span"]), mutant["replacement"]))
        of[mutant["number"]] = function.number
    return render(text, 0, len(text), nested(functions.values())), of, kept


def arms(text):
    """Returns the first and last line of the arm of each mutant in rewritten text."""
    begun, found = {}, {}
    for line, content in enumerate(text.split("\n"), 1):
        if mark := ARM.match(content):
            number = int(mark[2])
            if mark[1] == "begin":
                begun[number] = line - 1
            else:
                found[number] = (begun[number], line + 1)
    return found
