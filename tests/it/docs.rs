//! The documentation agrees with the crate about files, switches and reasons.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Prefs, exchange, layer, request, response};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the files with this ending in a folder and its subfolders.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == ending) {
                found.push(path);
            }
        }
    }
    found
}

fn texts() -> Vec<(String, String)> {
    let mut texts: Vec<_> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .into_iter()
        .map(|name| (name.to_owned(), read(name)))
        .collect();
    for path in files("docs", "md") {
        let text = fs::read_to_string(&path).unwrap();
        texts.push((path.display().to_string(), text));
    }
    texts
}

/// Returns the texts between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_readme_is_under_200_lines() {
    let lines = read("README.md").lines().count();
    assert!(lines < 200, "{lines}");
}

/// `docs/public-api.txt` names each item once, without the name of the crate; the comparison of policies,
/// documents, records, regimes and the test kit have lists of their own.
#[test]
fn the_api_is_short_and_its_names_are_unique() {
    let core = read("docs/public-api.txt");
    let lines = core.lines().count();
    assert!(lines < 900, "{lines}");
    let others = ["conformance", "diff", "documents", "records", "regimes"];
    let others = others.map(|list| read(format!("docs/public-api-{list}.txt")));
    let api = core + &others.concat();
    let items: Vec<_> = api
        .lines()
        .map(|line| line.trim_start_matches("#[non_exhaustive] "))
        .filter_map(|line| line.strip_prefix("pub "))
        .filter_map(|line| {
            let (kind, rest) = line.split_once(' ')?;
            let end = rest.find(['<', '(', ' ']).unwrap_or(rest.len());
            let path = rest[..end].trim_end_matches(':');
            ["struct", "enum", "trait"].contains(&kind).then_some(path)
        })
        .collect();
    let at_root = items.iter().filter(|path| !path.contains("::")).count();
    assert!((10..20).contains(&at_root), "{at_root}");
    let names: BTreeSet<_> = items.iter().map(|path| path.rsplit("::").next()).collect();
    assert_eq!(names.len(), items.len(), "{items:?}");
}

/// Returns the fate of a cookie that the request carries and the response sets, in the README's
/// words.
fn fate(name: &str, prefs: Option<Prefs>) -> &'static str {
    let carried = format!("{name}=1");
    let mut fields = vec![("cookie", carried.clone())];
    fields.extend(prefs.map(|prefs| ("cookie", prefs.pair())));
    let done = exchange(&layer(), request(fields), response([&carried]));
    let leaves = done.set_cookies().contains(&&*carried);
    let arrives = done.cookies().contains(&&*carried);
    let is_expired = done.removed().iter().any(|removed| removed == name);
    match (leaves, arrives, is_expired) {
        (true, true, false) => "pass",
        (false, false, false) => "withheld",
        (false, false, true) => "withheld, expired",
        (false, true, false) => "withheld from responses",
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn the_readme_table_matches_the_layer() {
    let readme = read("README.md");
    let (_, table) = readme.split_once("| cookies that are |").unwrap();
    let rows: Vec<Vec<_>> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let cookies = [
        ("necessary", "session"),
        ("exempt (statistics)", "_pk_ses"),
        ("subject to consent", "_ga"),
        ("undeclared", "nobodys"),
    ];
    assert_eq!(rows.len(), cookies.len());
    for (row, (kind, name)) in rows.iter().zip(cookies) {
        assert_eq!(row[0], kind);
        let visitors = [None, Some(Prefs::accept()), Some(Prefs::refuse())];
        for (cell, prefs) in row[1..].iter().zip(visitors) {
            assert_eq!(fate(name, prefs), *cell, "{row:?}");
        }
    }
}

#[test]
fn every_file_that_a_text_names_is_there() {
    let folders = [
        "benches/",
        "docs/",
        "examples/",
        "fuzz/",
        "src/",
        "tests/",
        ".ci/",
    ];
    let mut seen = 0;
    for (name, text) in texts() {
        // Code blocks contain paths of others.
        let prose: String = text.split("```").step_by(2).collect();
        for path in code(&prose) {
            let path = path.split(' ').next().unwrap();
            if folders.iter().any(|folder| path.starts_with(folder)) {
                assert!(root().join(path).exists(), "{name}: {path}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn every_file_that_the_crate_includes_is_packaged() {
    let manifest = read("Cargo.toml");
    let (_, include) = manifest.split_once("include = [").unwrap();
    let (include, _) = include.split_once(']').unwrap();
    let packaged: Vec<_> = include
        .split(',')
        .map(|entry| entry.trim().trim_matches('"').trim_start_matches('/'))
        .collect();
    for path in files("src", "rs") {
        let text = fs::read_to_string(&path).unwrap();
        for (_, rest) in text
            .match_indices("include_str!(\"")
            .map(|(at, word)| text.split_at(at + word.len()))
        {
            let target = path.parent().unwrap().join(rest.split('"').next().unwrap());
            let target = target.canonicalize().unwrap();
            let target = target.strip_prefix(root().canonicalize().unwrap()).unwrap();
            let is_packaged = packaged.iter().any(|entry| target.starts_with(entry));
            // Tables of tests that only run in the repository.
            let is_data = target.starts_with("tests/data");
            assert!(is_packaged || is_data, "{}", target.display());
        }
    }
}

#[test]
fn the_guide_has_every_switch_of_the_layer() {
    let guide = read("docs/guide/layers.md");
    let (_, table) = guide.split_once("## The switches").unwrap();
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let mut switches = BTreeSet::new();
    for path in files("src", "rs") {
        let text = fs::read_to_string(path).unwrap();
        for block in text.split("\nimpl CookieConsentLayer {").skip(1) {
            let (block, _) = block.split_once("\n}\n").unwrap();
            for line in block.lines() {
                if let Some(name) = line.strip_prefix("    pub fn ") {
                    switches.insert(name.split(['(', '<']).next().unwrap().to_owned());
                }
            }
        }
    }
    switches.remove("new");
    assert!(switches.len() > 12, "{switches:?}");
    for switch in &switches {
        let row = format!("| `{switch}` |");
        assert!(rows.iter().any(|it| it.starts_with(&row)), "{switch}");
    }
    assert_eq!(rows.len(), switches.len());
}

#[test]
fn the_troubleshooting_explains_every_reason() {
    let guide = read("docs/guide/troubleshooting.md");
    let explained: BTreeSet<_> = guide
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| code(line.split('|').nth(1).unwrap()))
        .collect();
    let source = read("src/observe/event_kind.rs");
    let (_, reasons) = source.split_once("fn reason(").unwrap();
    let reasons: BTreeSet<_> = reasons
        .split("=> \"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let rejected = read("src/consent/rejected.rs");
    let (_, rejected) = rejected.split_once("fn as_str(").unwrap();
    let (rejected, _) = rejected.split_once("\n    }\n").unwrap();
    let rejected = rejected.split("=> \"").skip(1);
    let rejected = rejected.map(|rest| rest.split('"').next().unwrap());
    let mistakes = read("src/policy/mistakes.rs");
    let (_, mistakes) = mistakes.split_once("fn as_str(").unwrap();
    let (mistakes, _) = mistakes.split_once("\n    }\n").unwrap();
    let mistakes = mistakes.split("=> \"").skip(1);
    let mistakes = mistakes.map(|rest| rest.split('"').next().unwrap());
    let reasons: BTreeSet<_> = reasons
        .into_iter()
        .chain(rejected)
        .chain(mistakes)
        .collect();
    assert!(reasons.len() > 25, "{reasons:?}");
    assert_eq!(explained, reasons);
}

#[test]
fn the_troubleshooting_quotes_the_log_as_it_is() {
    let guide = read("docs/guide/troubleshooting.md");
    let source: String = ["src/observe/sentence.rs", "src/consent/verdict.rs"]
        .into_iter()
        .map(read)
        .collect();
    for sentence in [
        "the policy does not declare it",
        "the visitor has not chosen yet",
        "without a name that all browsers agree on",
        "the browser still sends",
    ] {
        assert!(guide.contains(sentence), "{sentence}");
        assert!(source.contains(sentence), "{sentence}");
    }
}

#[test]
fn no_text_is_of_one_machine() {
    for (name, text) in texts() {
        for word in ["/home/", "/root/", "/tmp/"] {
            assert!(!text.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn the_changelog_has_a_dated_entry_for_the_version() {
    let changelog = read("CHANGELOG.md");
    let start = format!("## {} - ", env!("CARGO_PKG_VERSION"));
    let entry = changelog.lines().find_map(|line| line.strip_prefix(&start));
    let date: Vec<_> = entry.unwrap().split('-').map(str::len).collect();
    assert_eq!(date, [4, 2, 2]);
}

/// Returns `true` if code outside tests names this module of the crate.
fn names_module(text: &str, module: &str) -> bool {
    let (text, _) = text.split_once("\n#[cfg(test)]").unwrap_or((text, ""));
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let path = format!("{module}::");
    code.split("crate::").skip(1).any(|rest| {
        let import = rest.split(';').next().unwrap();
        match import.strip_prefix('{') {
            Some(list) => list
                .split(['\n', ' ', ','])
                .any(|item| item.starts_with(&path)),
            None => import.starts_with(&path),
        }
    })
}

#[test]
fn each_folder_calls_whom_contributing_lets_it_call() {
    let contributing = read("CONTRIBUTING.md");
    let rows: Vec<_> = contributing
        .lines()
        .filter_map(|line| line.strip_prefix("| `src/"))
        .map(|row| {
            let (folder, row) = row.split_once('`').unwrap();
            let callees = row.rsplit('|').nth(1).unwrap().to_owned();
            (folder.trim_end_matches(['/']).to_owned(), callees)
        })
        .collect();
    assert_eq!(rows.len(), 14);
    let core = [
        "wire",
        "preferences",
        "policy",
        "consent",
        "middleware",
        "observe",
        "source",
    ];
    let features = ["axum", "pages", "documents", "conformance"];
    for (folder, callees) in &rows {
        let paths = match folder.strip_suffix(".rs") {
            Some(_) => vec![root().join("src").join(folder)],
            None => files(&format!("src/{folder}"), "rs"),
        };
        let own = folder.trim_end_matches(".rs");
        for module in core.into_iter().chain(features).filter(|it| *it != own) {
            let may = callees.contains(&format!("`{module}`"))
                || (callees.contains("all of the core") && core.contains(&module));
            for path in &paths {
                let text = fs::read_to_string(path).unwrap();
                let does = names_module(&text, module);
                assert!(may || !does, "{} calls {module}", path.display());
            }
        }
    }
}

#[test]
fn the_guide_lists_every_warning_of_lint() {
    let source = read("src/policy/lint/warning.rs");
    let (_, source) = source.split_once("pub enum LintWarningKind {").unwrap();
    let (variants, _) = source.split_once('}').unwrap();
    let word = |variant: &str| -> String {
        let letters = variant.char_indices().map(|(at, letter)| {
            let gap = if at > 0 && letter.is_uppercase() {
                "_"
            } else {
                ""
            };
            format!("{gap}{}", letter.to_ascii_lowercase())
        });
        letters.collect()
    };
    let kinds: BTreeSet<_> = variants
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','))
        .map(word)
        .collect();
    assert!(kinds.len() > 12, "{kinds:?}");
    let guide = read("docs/guide/policy.md");
    let (_, table) = guide.split_once("| `warning` |").unwrap();
    let rows = table.lines().skip(2).take_while(|row| row.starts_with('|'));
    let listed: BTreeSet<_> = rows
        .flat_map(|row| code(row.split('|').nth(1).unwrap()))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, kinds);
}

/// Every line of the law has tests that exist, and every requirement of the kit is named.
#[test]
fn each_requirement_has_its_tests_and_the_kits() {
    use tower_cookie_consent::conformance::Requirement;

    let table = read("docs/requirements.md");
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| R"))
        .map(|line| line.trim_matches('|').split(" | ").collect::<Vec<_>>())
        .collect();
    let numbers: Vec<_> = rows.iter().map(|row| row[0].trim().to_owned()).collect();
    let expected: Vec<_> = (1..=33).map(|number| format!("R{number}")).collect();
    assert_eq!(numbers, expected);
    for row in &rows {
        let [_, _, _, tests, _] = row[..] else {
            panic!("{row:?}");
        };
        assert!(code(tests).next().is_some(), "{row:?}");
        for test in code(tests) {
            let (file, name) = test.split_once("::").expect("a file and a test");
            let text = read(format!("tests/it/{file}"));
            assert!(text.contains(&format!("fn {name}(")), "{test}");
        }
    }
    let known: BTreeSet<_> = Requirement::ALL.map(Requirement::id).into();
    let named: BTreeSet<_> = code(&table).filter(|word| known.contains(word)).collect();
    assert_eq!(named, known);
}

/// What the comparison says of this crate has a test, and what it says of others a source.
#[test]
fn each_claim_of_the_comparison_can_be_checked() {
    let text = read("docs/guide/comparison.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let rows: Vec<Vec<_>> = rows
        .map(|line| line.trim_matches('|').split(" | ").collect())
        .collect();
    let (own, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.len() == 6);
    let (titles, claims) = own.split_first().unwrap();
    assert_eq!(titles[5].trim(), "this crate");
    assert_eq!(claims.len(), 8);
    for row in claims {
        let mut tests = code(row[5]).peekable();
        assert!(tests.peek().is_some(), "{row:?}");
        for test in tests {
            let (file, name) = test.split_once("::").expect("a file and a test");
            let text = read(format!("tests/it/{file}"));
            assert!(text.contains(&format!("fn {name}(")), "{test}");
        }
    }
    for row in others.iter().filter(|row| !row[0].trim().is_empty()) {
        assert!(row[0].contains("](https://"), "{row:?}");
    }
}

/// The names that the guide to 0.2 lists as new are those of the public API.
#[test]
fn the_migration_guide_names_what_there_is() {
    let guide = read("docs/guide/migrating.md");
    let api: String = files("docs", "txt")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let words: BTreeSet<_> = api
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let rows = guide.lines().filter(|line| line.starts_with("| `"));
    let mut seen = 0;
    for row in rows {
        let cell = row.trim_matches('|').split(" | ").last().unwrap();
        for path in code(cell) {
            for word in path.split("::") {
                assert!(words.contains(word), "{path}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}
