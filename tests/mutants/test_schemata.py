"""Tests of the rewriting: python3 -m unittest discover tests/mutants"""

import unittest

import schemata


def span(text, part, within=None):
    """Returns the span of `part` in the text, after the start of `within`."""
    start = text.index(part, text.index(within) if within else 0)

    def position(at):
        return {"line": text.count("\n", 0, at) + 1, "column": at - (text.rfind("\n", 0, at) + 1) + 1}

    return {"start": position(start), "end": position(start + len(part))}


def mutant(number, text, function, part, replacement, returns=""):
    """Returns a mutant as in cargo-mutants' list. `function` is the whole text of its function."""
    return {
        "number": number,
        "function": {"span": span(text, function), "return_type": returns},
        "span": span(text, part, function),
        "replacement": replacement,
    }


def words(text):
    return [line.strip() for line in text.split("\n") if line.strip()]


class Rewriting(unittest.TestCase):
    def test_a_function_has_an_arm_for_each_mutant(self):
        function = "fn size(&self) -> usize { self.0 + 1 }"
        text = f"impl A {{ {function} }}\n"
        found = [mutant(3, text, function, "+", "-"), mutant(4, text, function, "self.0 + 1", "0")]
        rewritten, functions, kept = schemata.rewrite(text, found, first_function=7)
        self.assertEqual(
            words(rewritten),
            [
                "impl A { fn size(&self) -> usize { match crate::schemata::active(7) {",
                "3 => {", "// begin mutant 3", "self.0 - 1", "// end mutant 3", "}",
                "4 => {", "// begin mutant 4", "0", "// end mutant 4", "}",
                "_ => { self.0 + 1", "}", "}", "} }",
            ],
        )
        self.assertEqual((functions, kept), ({3: 7, 4: 7}, []))

    def test_mutants_of_inner_functions_are_in_the_original_body_alone(self):
        inner = "fn b() -> bool { !true }"
        outer = f"fn a() -> bool {{ {inner} b() && c() }}"
        found = [mutant(1, outer, outer, "&&", "||"), mutant(2, outer, inner, "!", "")]
        rewritten, functions, _ = schemata.rewrite(outer, found)
        self.assertEqual(functions, {1: 0, 2: 1})
        original = rewritten.index("_ => {")
        self.assertIn(inner, rewritten[:original])
        self.assertIn("active(1)", rewritten[original:])
        self.assertNotIn("active(1)", rewritten[:original])

    def test_brackets_in_text_do_not_count(self):
        for content in ['"}"', "'}'", "b'{'", 'r#"}"}"#', "// }\n", "/* { */", "x::<'a>('{')", r"'\''", r'"\"}"']:
            function = f"fn a<'a>() {{ if {content} {{}} }}"
            self.assertEqual(schemata.body(function, 0, len(function)), (11, len(function) - 1), content)

    def test_brackets_before_the_body_do_not_count(self):
        function = '#[doc = "{"]\n/// It\'s {\nfn a() -> [u8; { 1 }] { [0] }'
        self.assertEqual(schemata.body(function, 0, len(function))[0], function.rindex("{"))

    def test_columns_are_characters(self):
        function = 'fn a() -> bool { "é…" == "x" }'
        rewritten, _, _ = schemata.rewrite(function, [mutant(1, function, function, "==", "!=")])
        self.assertIn('"é…" != "x"', rewritten)

    def test_a_const_function_becomes_a_plain_one(self):
        function = "/// A const fn.\npub const fn a<const N: usize>() -> usize { N + 1 }"
        found = [mutant(1, function, function, "+", "-")]
        rewritten, _, _ = schemata.rewrite(function, found)
        self.assertTrue(rewritten.startswith("/// A const fn.\npub  fn a<const N: usize>() -> usize {"))
        rewritten, functions, kept = schemata.rewrite(function, found, constant=["a"])
        self.assertEqual((rewritten, functions, kept), (function, {}, [1]))

    def test_a_comment_at_the_end_ends_with_its_line(self):
        function = "fn a() -> u8 { 1 + 1 // two\n}"
        rewritten, _, _ = schemata.rewrite(function, [mutant(1, function, function, "+", "*")])
        self.assertIn("1 * 1 // two\n", rewritten)

    def test_the_lines_of_arms_are_known(self):
        function = "fn a() -> u8 {\n    1 + 1\n}"
        text = f"\n\n{function}\n"
        found = [mutant(5, text, function, "+", "*"), mutant(6, text, function, "+", "-")]
        rewritten, _, _ = schemata.rewrite(text, found)
        lines = rewritten.split("\n")
        for number, sign in [(5, "*"), (6, "-")]:
            first, last = schemata.arms(rewritten)[number]
            self.assertEqual(lines[first - 1], f"{number} => {{")
            self.assertIn(f"1 {sign} 1", "\n".join(lines[first - 1 : last]))
            self.assertEqual(lines[last - 1], "}")

    def test_some_mutants_are_left_to_cargo_mutants(self):
        for function, reason in [
            (None, "outside of functions"),
            ({"return_type": "-> impl Iterator<Item = u8>"}, "returns impl Trait"),
            ({"return_type": "-> Implied"}, None),
        ]:
            self.assertEqual(schemata.why_not({"function": function}), reason)


if __name__ == "__main__":
    unittest.main()
