#!/usr/bin/env python3
"""Finds circles of files in src/: files that need each other. A helper belongs below what needs it.

It reads `use` lines and paths in the code, and follows re-exports to the file that defines a name. Test
modules do not count, nor does a file that only passes names on."""

import re
import sys
from pathlib import Path

SRC = Path("src")
# A codec reads a policy, and a policy has its codec.
KNOWN = {
    "codec.rs", "codecs/json.rs", "codecs/reader.rs", "compiled.rs", "declared.rs", "former_cookie.rs",
    "json_codec.rs", "policy.rs", "preferences_codec.rs", "preferences_cookie.rs", "wire_names.rs",
}
USE = re.compile(r"(pub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);")


def plain(text):
    """Returns the code without comments, strings and test modules."""
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text, flags=re.S)
    return re.split(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))? )?mod \w+ \{", text)[0]


def expand(path):
    """Returns each path of a `use`."""
    path = re.sub(r"\s+", " ", path).strip()
    group = re.match(r"^(.*?)\{(.*)\}$", path)
    if not group:
        return [path] if path else []
    parts, depth, part = [], 0, ""
    for character in group.group(2) + ",":
        depth += (character == "{") - (character == "}")
        if character == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return [group.group(1) + each for part in parts for each in expand(part)]


class Tree:
    """The modules: their code, and the names that they use."""

    def __init__(self):
        self.files, self.code, self.uses = {}, {}, {}
        for path in sorted(SRC.rglob("*.rs")):
            parts = list(path.relative_to(SRC).with_suffix("").parts)
            module = tuple(parts[:-1] if parts[-1] in ("mod", "lib") else parts)
            self.files[module] = path
            self.code[module] = plain(path.read_text())
        self.tests = {
            module + (name,)
            for module, path in self.files.items()
            for name in re.findall(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))? )?mod (\w+);", path.read_text())
        }
        for module in list(self.code):
            self.read(module, self.code[module])
        for name, inside in re.findall(r"pub mod (\w+) \{(.*?)\n\}", self.code[()], re.S):
            self.read((name,), inside)

    def read(self, module, code):
        uses = self.uses.setdefault(module, [])
        for public, path in USE.findall(code):
            for each in expand(path):
                path, _, name = each.partition(" as ")
                path = path.split("::")
                uses.append((bool(public), path, name or path[-1]))

    def resolve(self, module, path, depth=0):
        """Returns the module that defines what the path names; `None` for other crates."""
        path = list(path)
        if path[0] == "crate":
            module, path = (), path[1:]
        elif path[0] in ("self", "super"):
            while path and path[0] in ("self", "super"):
                module, path = (module[:-1] if path[0] == "super" else module), path[1:]
        elif module + (path[0],) not in self.uses:
            named = [use for use in self.uses[module] if use[2] == path[0]]
            if not named or named[0][1] == path[:1] or depth > 12:
                return None
            return self.resolve(module, named[0][1] + path[1:], depth + 1)
        while path:
            if module + (path[0],) in self.uses:
                module, path = module + (path[0],), path[1:]
                continue
            named = [use for use in self.uses[module] if use[2] == path[0]]
            if not named or depth > 12:
                return module
            return self.resolve(module, named[0][1] + path[1:], depth + 1)
        return module

    def needs(self, module):
        """Returns the modules whose names this one's code needs."""
        code = re.sub(r"\bmod \w+;", "", USE.sub("", self.code[module]))
        paths = [path.split("::") for path in re.findall(r"(?<![:\w])(?:crate|super|self)(?:::\w+)+", code)]
        for public, path, name in self.uses[module]:
            if public and not re.search(rf"\b{re.escape(name)}\b", code):
                continue
            below = re.findall(rf"(?<![:\w]){re.escape(name)}((?:::\w+)+)", code)
            if self.resolve(module, path) in self.uses and path[-1] == (self.resolve(module, path) or ("",))[-1:][0:1]:
                continue
            paths += [path + text.split("::")[1:] for text in below] or [path]
        for first, rest in re.findall(r"(?<![:\w])(\w+)((?:::\w+)+)", code):
            if module + (first,) in self.uses:
                paths.append([first, *rest.split("::")[1:]])
        found = {self.resolve(module, path) for path in paths}
        return {other for other in found if other and other != module and other in self.files}


def circles(needs):
    """Returns the strongly connected components of more than one module (Tarjan)."""
    numbers, lowest, stack, found = {}, {}, [], []

    def visit(module):
        numbers[module] = lowest[module] = len(numbers)
        stack.append(module)
        for other in needs[module]:
            if other not in needs:
                continue
            if other not in numbers:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in stack:
                lowest[module] = min(lowest[module], numbers[other])
        if lowest[module] == numbers[module]:
            at = stack.index(module)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for module in needs:
        if module not in numbers:
            visit(module)
    return found


def main():
    sys.setrecursionlimit(10_000)
    tree = Tree()
    product = [module for module in tree.files if module and not any(module[: len(test)] == test for test in tree.tests)]
    needs = {module: tree.needs(module) for module in product}
    wrong = 0
    for circle in circles(needs):
        if all(module[0] == "policy" and str(tree.files[module].relative_to(SRC / "policy")) in KNOWN for module in circle):
            continue
        wrong += 1
        print(f"a circle of {len(circle)} files: move what the lower one needs below it")
        for module in circle:
            others = ", ".join(str(tree.files[other]) for other in sorted(needs[module] & set(circle)))
            print(f"    {tree.files[module]} needs {others}")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
