//! Workloads with names as long as those of trackers, 12 to 25 bytes, in policies of 10 and of
//! 10,000 names. The names looked up have the same lengths in both.

use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};

use super::{CATEGORIES, Workload, cookies, request};

/// The beginnings of names, by category.
const WORDS: [&str; 5] = ["nec", "aud", "com", "soc", "ads"];

/// Returns `exact-…`, `pattern-…` and `undeclared-…` (with patterns only), by the size of the
/// policy, and `nested-63`.
pub(super) fn workload(name: &'static str) -> Option<Workload> {
    let (kind, size) = name.split_once('-')?;
    let size: usize = size.parse().ok()?;
    let declared: fn(usize, usize) -> String = match kind {
        "exact" => long_name,
        "pattern" | "undeclared" => |of, nth| stem(of, nth) + "*",
        "nested" => return Some(nested(name, size)),
        _ => return None,
    };
    let looked_up: fn(usize, usize) -> String = match kind {
        // As far as possible, these names begin like declared ones.
        "undeclared" => |of, nth| long_name(of, nth).replace('-', "_").replacen('_', "-", 1),
        _ => long_name,
    };
    let names = |of: &[(usize, usize)]| -> Vec<String> {
        let names = of.iter().map(|(of, nth)| looked_up(*of, *nth));
        names.collect()
    };
    // Even numbers, so that the lengths are the same in each policy.
    let (middle, last) = ((size / 10) & !1, size / 5 - 2);
    let allowed = names(&[(0, 0), (1, 0), (1, middle), (0, last), (0, middle)]);
    let more = names(&[(1, last), (1, 1)]);
    let sent = format!(
        "{} cookies_preferences {}",
        allowed.join(" "),
        more.join(" ")
    );
    Some(Workload {
        name,
        policy: policy((0..5).map(|of| (0..size / 5).map(|nth| declared(of, nth)).collect())),
        request: request(&[&cookies(&sent)]),
        sets: names(&[(0, 0), (2, last), (1, middle), (3, middle), (4, 0)]),
    })
}

fn policy(names: impl IntoIterator<Item = Vec<String>>) -> CookiePolicy {
    let categories = CATEGORIES.into_iter().zip(names).map(|(id, names)| {
        let category = match id {
            "necessary" => Category::necessary(id),
            id => Category::consent(id),
        };
        category.cookies(names.into_iter().map(CookieDeclaration::new))
    });
    CookiePolicy::new(categories).expect("a valid policy")
}

/// Returns a stem such as `ads-1998-`.
fn stem(of: usize, nth: usize) -> String {
    format!("{}-{nth}-", WORDS[of])
}

/// Returns a name such as `ads-1998-abcdefghijklmno`: 12 to 25 bytes, depending on the category and
/// on whether `nth` is even.
fn long_name(of: usize, nth: usize) -> String {
    let mut name = stem(of, nth);
    let length = 12 + 3 * of + nth % 2;
    name.extend(('a'..='z').take(length - name.len()));
    name
}

/// Each pattern is a prefix of the next. The names, of 80 bytes, match the first, some in the
/// middle, and the last. All of them are refused.
fn nested(name: &'static str, most: usize) -> Workload {
    let patterns = (1..=most).map(|length| "a".repeat(length) + "*").collect();
    let names = [1, 16, 32, 48, most].map(|length| format!("{:b<80}", "a".repeat(length)));
    Workload {
        name,
        policy: policy([vec!["session".to_owned()], vec![], vec![], vec![], patterns]),
        request: request(&[&cookies("session cookies_preferences")]),
        sets: names.to_vec(),
    }
}
