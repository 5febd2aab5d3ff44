"""Lists the public items without an example.

    cargo +nightly rustdoc --all-features -- -Z unstable-options --output-format json
    python3 tests/docs/examples.py target/doc/tower_cookie_consent.json

An item is a type, a trait, a function or a method that the documentation shows. It has an example
if its own text has a block of Rust, which `cargo test --doc` compiles; or, for a method, if its type's
text has a block that names the method; or if its text links an item or a module of the crate with
such a block. What traits of other crates ask for is explained there.

Ends with 1 where something is missing.
"""

import json
import re
import sys

TYPES = {"struct", "enum", "union", "trait", "function", "macro", "type_alias"}
BLOCK = re.compile(r"^ *```([^`\n]*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
NOT_RUST = {"text", "json", "sh", "html", "toml", "console", "ignore"}


def examples(item):
    """Returns the blocks of Rust in the item's own text."""
    blocks = BLOCK.findall(item.get("docs") or "")
    return [code for tags, code in blocks if not NOT_RUST & set(re.split(r"[ ,]+", tags))]


class Crate:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            crate = json.load(file)
        self.index = crate["index"]
        self.seen = set()
        self.with_example = 0
        self.with_shared = 0
        self.missing = []
        self.visit(crate["root"], [])

    def get(self, id):
        return self.index.get(str(id))

    def visit(self, id, path):
        """Judges the item and what is in it, once, wherever it is exported."""
        item = self.get(id)
        if item is None or id in self.seen:
            return
        kind, inner = next(iter(item["inner"].items()))
        if kind == "use":
            self.visit(inner["id"], path)
            return
        self.seen.add(id)
        path = [*path, item["name"]]
        if kind == "module":
            for child in inner["items"]:
                self.visit(child, path)
        elif kind in TYPES:
            self.judge(item, path)
            for method in self.methods(kind, inner):
                self.judge(method, [*path, method["name"]], item)

    def methods(self, kind, inner):
        """Returns the methods of a trait, or the inherent public methods of a type."""
        if kind == "trait":
            ids = inner["items"]
        else:
            impls = [self.get(id)["inner"]["impl"] for id in inner.get("impls", []) if self.get(id)]
            ids = [id for it in impls if it["trait"] is None for id in it["items"]]
        for item in map(self.get, ids):
            if item and "function" in item["inner"]:
                if kind == "trait" or item["visibility"] == "public":
                    yield item

    def judge(self, item, path, owner=None):
        if examples(item):
            self.with_example += 1
            return
        named = re.compile(rf"\b{re.escape(item['name'] if owner else '')}\b")
        linked = map(self.get, (item.get("links") or {}).values())
        for target in [owner, *linked]:
            if target and any(named.search(code) for code in examples(target)):
                self.with_shared += 1
                return
        span = item["span"]
        self.missing.append((span["filename"], span["begin"][0], "::".join(path)))


def main():
    crate = Crate(sys.argv[1])
    for file, line, name in sorted(crate.missing):
        print(f"{file}:{line}: {name} has no example")
    print(
        f"{crate.with_example} items with an example, {crate.with_shared} in that of another item, "
        f"{len(crate.missing)} without"
    )
    return bool(crate.missing)


if __name__ == "__main__":
    sys.exit(main())
