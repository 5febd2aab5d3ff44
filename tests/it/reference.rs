//! Compares the layer with a plain implementation of its rules: slow, with owned strings and
//! `serde_json`, and written so that it is obviously right. Removals by the layer, conditions of
//! exemption and choices made by a response have their own tests.

use std::{collections::HashMap, time::Duration};

use proptest::{prelude::*, sample::select};
use serde_json::Value;
use tower_cookie_consent::{
    Basis, Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Undeclared,
};

use crate::support::{NOW, at, exchange, request, response};

const BASES: [Basis; 5] = [
    Basis::Necessary,
    Basis::Exempt,
    Basis::Consent,
    Basis::Consent,
    Basis::OptOut,
];
const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*";
const DECLARED: [&str; 13] = [
    "a",
    "ab",
    "abc",
    "a*",
    "ab*",
    "abcd*",
    "_ga",
    "_ga_*",
    "_gat",
    "x-1",
    "x*",
    "aaaaaaaa*",
    LONG,
];
const PREFERENCES: &str = "cookies_preferences";

/// What the site declared.
#[derive(Clone, Debug)]
struct Declared {
    /// The category of each name of [`DECLARED`], by its number.
    categories: Vec<Option<usize>>,
}

impl Declared {
    fn policy(&self) -> Option<CookiePolicy> {
        let category = |(number, basis): (usize, &Basis)| {
            let id = format!("c{number}");
            let names = DECLARED.iter().zip(&self.categories);
            let names = names.filter(|(_, category)| **category == Some(number));
            match basis {
                Basis::Necessary => Category::necessary(id),
                Basis::Exempt => Category::exempt(id),
                Basis::Consent => Category::consent(id),
                Basis::OptOut => Category::opt_out(id),
            }
            .cookies(names.map(|(name, _)| CookieDeclaration::new(*name)))
        };
        CookiePolicy::new(BASES.iter().enumerate().map(category)).ok()
    }

    /// The exact name, or else the longest prefix.
    fn category_of(&self, name: &str) -> Option<usize> {
        if name == PREFERENCES {
            return Some(0);
        }
        let declared = || {
            let all = DECLARED.iter().zip(&self.categories);
            all.filter_map(|(name, category)| Some((*name, (*category)?)))
        };
        let exact: HashMap<&str, usize> = declared().collect();
        let prefixes = declared().filter_map(|(pattern, category)| {
            let prefix = pattern.strip_suffix('*')?;
            name.starts_with(prefix).then_some((prefix.len(), category))
        });
        let longest = || prefixes.max().map(|(_, category)| category);
        exact.get(name).copied().or_else(longest)
    }
}

/// The contents of one value of the preferences cookie.
struct Said {
    answers: HashMap<usize, bool>,
    timestamp: u64,
    gpc: bool,
}

impl Said {
    fn by(value: &str) -> Option<Self> {
        let decoded = percent_encoding::percent_decode_str(value)
            .decode_utf8()
            .ok()?;
        let json: serde_json::Map<String, Value> = serde_json::from_str(&decoded).ok()?;
        let mut answers = HashMap::new();
        for number in 0..BASES.len() {
            if let Some(answer) = json.get(&format!("c{number}")) {
                answers.insert(number, answer.as_bool()?);
            }
        }
        let timestamp = json.get("timestamp")?.as_u64()?;
        let gpc = match json.get("gpc") {
            Some(gpc) => gpc.as_bool()?,
            None => false,
        };
        Some(Self {
            answers,
            timestamp,
            gpc,
        })
    }
}

/// The origin of a request according to its headers, and whether its preferences may be lacking
/// because of it.
const FROM: [(&[(&str, &str)], bool); 8] = [
    (&[], false),
    (
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://a.example"),
        ],
        false,
    ),
    (&[("sec-fetch-site", "cross-site")], true),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
        false,
    ),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-purpose", "prefetch"),
        ],
        true,
    ),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
        true,
    ),
    (
        &[("host", "shop.example"), ("origin", "https://a.example")],
        true,
    ),
    (
        &[("host", "shop.example"), ("origin", "https://shop.example")],
        false,
    ),
];

/// Returns whether each category is allowed.
fn allowed(cookies: &[String], signal: bool, lacking: bool, lifetime: Duration) -> Vec<bool> {
    let values = cookies.iter().flat_map(|field| field.split(';'));
    let said: Vec<Option<Said>> = values
        .filter_map(|pair| pair.trim_matches(' ').split_once('='))
        .filter(|(name, _)| *name == PREFERENCES)
        .map(|(_, value)| Said::by(value.trim_matches(' ')))
        .collect();
    let dated = |said: &Option<Said>| {
        said.as_ref()
            .is_some_and(|said| said.timestamp <= NOW + 86_400)
    };
    let readable = said.iter().all(dated);
    let oldest = said.iter().flatten().map(|said| said.timestamp).min();
    let expired = oldest.is_some_and(|at| NOW.saturating_sub(at) > lifetime.as_secs());
    let overridden = signal && !said.iter().flatten().all(|said| said.gpc);
    let answers = |number, answer| {
        let mut said = said.iter().flatten();
        said.any(|said| said.answers.get(&number) == Some(&answer))
    };
    let granted = |number| {
        let all = said.iter().flatten();
        let all_grant = all.fold(!said.is_empty(), |all, said| {
            all && said.answers.get(&number) == Some(&true)
        });
        all_grant && readable && !expired && !overridden
    };
    let lacks = lacking && said.is_empty();
    BASES
        .iter()
        .enumerate()
        .map(|(number, basis)| match basis {
            Basis::Necessary => true,
            Basis::Exempt => readable && !answers(number, false) && !lacks,
            Basis::OptOut => {
                readable && !answers(number, false) && !lacks && (!signal || granted(number))
            }
            Basis::Consent => granted(number),
        })
        .collect()
}

fn is_name(name: &str) -> bool {
    let is_one = |c: char| c.is_ascii_graphic() && !"\",;=\\".contains(c);
    !name.is_empty() && name.chars().all(is_one)
}

/// Returns `true` if the service sees the pair.
fn is_seen(declared: &Declared, allowed: &[bool], undeclared: Undeclared, pair: &str) -> bool {
    match pair.trim_start_matches(' ').split_once('=') {
        Some((name, _)) if is_name(name) => match declared.category_of(name) {
            Some(category) => allowed[category],
            None => undeclared != Undeclared::Hide,
        },
        _ => false,
    }
}

/// Returns `true` if the browser gets the header.
fn is_sent(declared: &Declared, allowed: &[bool], undeclared: Undeclared, field: &str) -> bool {
    let (pair, attributes) = field.split_once(';').unwrap_or((field, ""));
    let Some((name, _)) = pair.split_once('=') else {
        return false;
    };
    let name = name.trim_matches(' ');
    // With a quote or an unprintable byte in it, not every browser treats it as a removal.
    let plain = field.chars().all(|c| matches!(c, ' '..='~') && c != '"');
    let removes = attributes.to_ascii_lowercase().ends_with("max-age=0") && plain;
    is_name(name)
        && (removes
            || match declared.category_of(name) {
                Some(category) => allowed[category],
                None => undeclared == Undeclared::Allow,
            })
}

fn preferences() -> impl Strategy<Value = String> {
    let answer = prop_oneof![
        4 => Just("true"), 4 => Just("false"), 1 => Just("1"), 1 => Just("[[true],{\"a\":null}]")
    ];
    let timestamps = vec![
        NOW - 60,
        NOW - 86_400,
        NOW - 200 * 86_400,
        NOW + 60,
        NOW + 172_800,
    ];
    let key = select(vec!["c1", "c1", "c2", "c2", "c3", "c3", "other", "c0"]);
    let members = prop::collection::btree_map(key, answer, 0..6);
    let gpc = select(vec!["", "", "\"gpc\":true,", "\"gpc\":false,"]);
    let form = select(vec![0, 0, 1, 2, 3]);
    (members, select(timestamps), gpc, form).prop_map(|(members, timestamp, gpc, form)| {
        let members: String = members
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value},"))
            .collect();
        let json = format!("{{{members}{gpc}\"timestamp\":{timestamp}}}");
        let value = match form {
            0 => percent_encoding::utf8_percent_encode(&json, percent_encoding::NON_ALPHANUMERIC)
                .to_string(),
            1 => json,
            2 => json.replace('"', "%22").replace(',', "%2c"),
            _ => json[..json.len() - 2].to_owned(),
        };
        format!("{PREFERENCES}={value}")
    })
}

fn name() -> impl Strategy<Value = String> {
    let names = [
        "a",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "ac",
        "b",
        "_ga",
        "_ga_",
        "_ga_1",
        "_gat",
        "_gats",
        "x",
        "x-1",
        "x-12",
        "A",
        "cookies_preference",
        "cookies_preferences_",
        "aaaaaaaaa",
    ];
    let mut names: Vec<String> = names.map(str::to_owned).to_vec();
    names.extend([
        LONG.replace('*', ""),
        LONG.replace('*', "x"),
        LONG.replace("aa*", ""),
    ]);
    prop_oneof![
        12 => select(names),
        1 => "[a-c_ \",\\\\\t=]{0,4}",
    ]
}

fn pair() -> impl Strategy<Value = String> {
    let value = select(vec![
        "=1",
        "=",
        "= x y",
        "=a=b",
        "",
        " =1",
        "=\"q",
        "=0123456789012345678901234567890123456789",
    ]);
    let blanks = select(vec!["", " ", "  "]);
    prop_oneof![
        8 => (blanks, name(), value).prop_map(|(blanks, name, value)| format!("{blanks}{name}{value}")),
        1 => Just(String::new()),
    ]
}

fn cookies() -> impl Strategy<Value = Vec<String>> {
    let pair = prop_oneof![6 => pair(), 1 => preferences()];
    let field = prop::collection::vec(pair, 1..8).prop_map(|pairs| pairs.join("; "));
    prop::collection::vec(field, 0..4)
}

fn set_cookies() -> impl Strategy<Value = Vec<String>> {
    let attributes = select(vec![
        "",
        "",
        "; Path=/",
        "; Path=/; Max-Age=31536000; SameSite=Lax; Secure",
        "; Max-Age=0",
        "; secure; max-age=0",
    ]);
    let field = (pair(), attributes).prop_map(|(pair, attributes)| pair + attributes);
    prop::collection::vec(field, 0..8)
}

fn pairs_of(fields: &[String]) -> Vec<&str> {
    let pairs = fields.iter().flat_map(|field| field.split(';'));
    pairs
        .filter(|pair| !pair.trim_matches(' ').is_empty())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_layer_does_what_its_rules_say(
        categories in prop::collection::vec(prop::option::weighted(0.7, 0..BASES.len()), DECLARED.len()),
        cookies in cookies(),
        set_cookies in set_cookies(),
        undeclared in select(vec![Undeclared::Withhold, Undeclared::Allow, Undeclared::Hide]),
        signal: bool,
        (from, lacking) in select(FROM.to_vec()),
        whole_request: bool,
    ) {
        let declared = Declared { categories };
        let Some(policy) = declared.policy() else {
            return Err(TestCaseError::reject("no valid policy"));
        };
        let lifetime = policy.choice_lifetime();
        let layer = CookieConsentLayer::new(policy)
            .undeclared(undeclared)
            .expire(Expire::Never)
            .limit_exempt(false)
            .filter_request(whole_request)
            .expose_consent(whole_request)
            .with_clock(|| at(NOW));
        let mut fields: Vec<_> = cookies.iter().map(|field| ("cookie", field.as_str())).collect();
        if signal {
            fields.push(("sec-gpc", "1"));
        }
        fields.extend(from);
        let done = exchange(&layer, request(fields), response(&set_cookies));

        let allowed = allowed(&cookies, signal, lacking, lifetime);
        let came_in: Vec<String> = done.cookies().into_iter().map(str::to_owned).collect();
        let mut expected = pairs_of(&cookies);
        if whole_request {
            expected.retain(|pair| is_seen(&declared, &allowed, undeclared, pair));
        }
        let trimmed = |pairs: Vec<&str>| -> Vec<String> {
            pairs.into_iter().map(|pair| pair.trim_start_matches(' ').to_owned()).collect()
        };
        prop_assert_eq!(trimmed(pairs_of(&came_in)), trimmed(expected));

        let mut expected: Vec<&str> = set_cookies.iter().map(String::as_str).collect();
        expected.retain(|field| is_sent(&declared, &allowed, undeclared, field));
        prop_assert_eq!(done.set_cookies(), expected);
    }
}
