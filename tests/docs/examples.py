"""Says which public items have neither an example nor a link to one.

    cargo +nightly rustdoc --all-features -- -Z unstable-options --output-format json
    python3 tests/docs/examples.py target/doc/tower_cookie_consent.json

An item is a type, a trait, a function or a method of the crate that its documentation shows. It
has an example if its own text has a block of Rust that is compiled, and a link to one if its text
links an item, or the module, whose own text has such a block. What a trait of another crate asks
for is explained there. Ends with 1 where something is missing.
"""

import json
import re
import sys

KINDS = ("struct", "enum", "union", "trait", "function", "macro", "type_alias")
BLOCK = re.compile(r"^ *```(.*)$", re.MULTILINE)
NOT_RUST = {"text", "json", "sh", "html", "toml", "console", "ignore"}


def has_example(item):
    """Whether the item's own text has a block that `cargo test --doc` compiles."""
    fences = BLOCK.findall(item.get("docs") or "")
    opening = fences[::2]
    return any(not NOT_RUST & set(fence.replace(",", " ").split()) for fence in opening)


def main(path):
    with open(path, encoding="utf-8") as file:
        crate = json.load(file)
    index = crate["index"]
    get = lambda id: index.get(str(id))

    missing, count, linked = [], 0, 0
    seen = set()

    def judge(item, name):
        nonlocal count, linked
        count += 1
        if has_example(item):
            return
        targets = map(get, (item.get("links") or {}).values())
        if any(target and has_example(target) for target in targets):
            linked += 1
            return
        span = item["span"]
        missing.append((span["filename"], span["begin"][0], name))

    def visit(id, path):
        item = get(id)
        if item is None or id in seen:
            return
        kind, inner = next(iter(item["inner"].items()))
        if kind == "use":
            visit(inner["id"], path)
            return
        seen.add(id)
        name = "::".join([*path, item["name"] or "?"])
        if kind == "module":
            # The guide is text alone.
            for child in inner["items"]:
                visit(child, [*path, item["name"]])
            return
        if kind not in KINDS:
            return
        judge(item, name)
        methods = inner["items"] if kind == "trait" else []
        for impl in map(get, inner.get("impls", [])):
            if impl and impl["inner"]["impl"]["trait"] is None:
                methods = methods + impl["inner"]["impl"]["items"]
        for method in map(get, methods):
            if method and "function" in method["inner"]:
                if kind == "trait" or method["visibility"] == "public":
                    judge(method, f"{name}::{method['name']}")

    visit(crate["root"], [])
    for file, line, name in sorted(missing):
        print(f"{file}:{line}: {name} has neither an example nor a link to one")
    print(f"{count} items, {count - linked - len(missing)} with an example, {linked} with a link to one")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
