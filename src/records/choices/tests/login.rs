//! The login: what an account and a device say together.

use super::super::{
    MergeRule,
    answers::Answers,
    merge::{Contradicted, merge},
};
use crate::{
    Category,
    consent::Choice,
    policy::{CategorySet, CookiePolicy, Service},
    preferences::PreferencesCookie,
};

const NOW: u64 = 1_790_000_000;
const YEAR: u64 = 365 * 86_400;

/// `is_of_host`: no other host of the domain can set the preferences cookie.
fn policy(is_of_host: bool) -> CookiePolicy {
    let name = if is_of_host {
        "__Host-choice"
    } else {
        "choice"
    };
    let films = Category::consent("films").service(Service::new("tube"));
    CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new(name))
        .category(Category::consent("ads"))
        .category(films)
        .category(Category::consent("maps"))
        .category(Category::exempt("stats"))
        .build()
        .unwrap()
}

/// Writes answers as `+ads -films`.
fn choice(text: &str, ago: u64) -> Option<Choice> {
    let policy = policy(true);
    let mut choice = Choice::from_unix_seconds(NOW - ago);
    for word in text.split_whitespace() {
        let (sign, id) = word.split_at(1);
        choice.answer(&policy, id, sign == "+").unwrap();
    }
    (!text.is_empty()).then_some(choice)
}

/// All given with the choice.
fn account(text: &str, ago: u64) -> Option<Answers> {
    let choice = choice(text, ago)?;
    let answered = choice.answered().iter();
    Some(Answers {
        choice,
        times: answered.map(|index| (index, NOW - ago)).collect(),
        removed_at: 0,
    })
}

fn ids(set: CategorySet) -> Vec<String> {
    let policy = policy(true);
    set.iter()
        .map(|index| policy.id_at(index).unwrap().to_owned())
        .collect()
}

fn text(answers: Option<&Answers>) -> String {
    let Some(Answers { choice, .. }) = answers else {
        return String::new();
    };
    let sign = |sign: &str, set| {
        ids(set)
            .iter()
            .map(|id| format!("{sign}{id}"))
            .collect::<Vec<_>>()
    };
    [sign("+", choice.granted), sign("-", choice.denied)]
        .concat()
        .join(" ")
}

/// Account, how long ago; device, how long ago; by the latest, with a cookie that can be planted, by the account;
/// contradictions.
type Case = (&'static str, u64, &'static str, u64, [&'static str; 4]);
const CASES: [Case; 19] = [
    ("", 0, "", 0, ["", "", "", ""]),
    ("+ads", 9, "", 0, ["+ads", "+ads", "+ads", ""]),
    ("", 0, "-ads", 9, ["-ads", "-ads", "-ads", ""]),
    ("+ads", 9, "+ads", 5, ["+ads", "+ads", "+ads", ""]),
    ("+ads", 9, "-ads", 5, ["-ads", "-ads", "+ads", "ads"]),
    ("+ads", 5, "-ads", 9, ["+ads", "+ads", "+ads", "ads"]),
    ("-ads", 9, "+ads", 5, ["+ads", "-ads", "-ads", "ads"]),
    ("-ads", 5, "+ads", 9, ["-ads", "-ads", "-ads", "ads"]),
    ("+ads", 5, "-ads", 5, ["-ads", "-ads", "+ads", "ads"]),
    ("-ads", 5, "+ads", 5, ["-ads", "-ads", "-ads", "ads"]),
    (
        "+ads",
        9,
        "-films",
        5,
        ["+ads -films", "+ads -films", "+ads -films", ""],
    ),
    (
        "+ads -maps",
        9,
        "-ads +films",
        5,
        [
            "+films -ads -maps",
            "+films -ads -maps",
            "+ads +films -maps",
            "ads",
        ],
    ),
    // A grant that lapsed does not count, and a denial does.
    (
        "+ads -films",
        YEAR,
        "-ads +films",
        5,
        ["+films -ads", "-ads -films", "-ads -films", "films"],
    ),
    (
        "+ads -films",
        YEAR,
        "",
        0,
        ["-films", "-films", "-films", ""],
    ),
    // A denial of a service may be later than its choice.
    (
        "+films +tube",
        5,
        "+films -tube",
        9,
        ["+films -tube", "+films -tube", "+films +tube", "tube"],
    ),
    // The account's denial of a category is one of its services too.
    (
        "-films",
        9,
        "+tube",
        5,
        ["+tube -films", "-films", "-films", "tube"],
    ),
    (
        "-films",
        5,
        "+tube",
        9,
        ["-films", "-films", "-films", "tube"],
    ),
    // An objection counts whoever has it.
    (
        "+stats",
        5,
        "-stats",
        9,
        ["-stats", "-stats", "-stats", "stats"],
    ),
    (
        "-stats",
        9,
        "+stats",
        5,
        ["-stats", "-stats", "-stats", "stats"],
    ),
];

#[test]
fn two_choices_are_merged_by_the_rule() {
    for (of_account, account_ago, of_device, device_ago, expected) in CASES {
        let [latest, planted, by_account, contradicted] = expected;
        for (policy, rule, expected) in [
            (policy(true), MergeRule::Latest, latest),
            (policy(false), MergeRule::Latest, planted),
            (policy(true), MergeRule::Account, by_account),
            (policy(false), MergeRule::Account, by_account),
        ] {
            let account = account(of_account, account_ago);
            let device = choice(of_device, device_ago);
            let merged = merge(&policy, account, device, rule, NOW);
            let case = format!("{of_account:?} {of_device:?} {rule:?}");
            assert_eq!(text(merged.answers.as_ref()), expected, "{case}");
            let Contradicted {
                by_rule,
                by_account,
            } = merged.contradicted;
            assert_eq!(ids(by_rule | by_account).join(" "), contradicted, "{case}");
            // Only where the rule would have decided otherwise.
            let is_kept = (expected == planted && latest != planted)
                || (of_account, of_device) == ("-stats", "+stats");
            let is_kept = is_kept && rule == MergeRule::Latest;
            assert_eq!(!by_account.is_empty(), is_kept, "{case}");
        }
    }
}

#[test]
fn a_grant_lapses_when_its_lifetime_is_over() {
    let policy = policy(true);
    let lifetime = policy.choice_lifetime().as_secs();
    for (ago, left) in [(lifetime - 1, "+ads -films"), (lifetime, "-films")] {
        let account = account("+ads -films", ago);
        let merged = merge(&policy, account, None, MergeRule::Latest, NOW);
        assert_eq!(text(merged.answers.as_ref()), left, "{ago}");
    }
}

#[test]
fn a_merged_grant_lasts_no_longer() {
    let merged = |device, rule| {
        let merged = merge(&policy(true), account("+ads", 500), device, rule, NOW);
        merged.answers.unwrap().choice.decided_at
    };
    let device = choice("+films -ads", 100);
    assert_eq!(merged(device, MergeRule::Account), NOW - 500);
    assert_eq!(merged(choice("-ads", 100), MergeRule::Latest), NOW - 100);
}

#[test]
fn a_removal_ends_what_the_device_chose_before() {
    let policy = policy(true);
    let removed = || Some(Answers::removed(&policy, None, NOW - 50));
    for (device, ago, left) in [
        ("+ads -films", 60, ""),
        ("+ads", 50, ""),
        ("-films", 50, "-films"),
        ("+ads -films", 40, "+ads -films"),
        // Nobody knows when.
        ("+ads -tube", 60, "-tube"),
    ] {
        for rule in [MergeRule::Latest, MergeRule::Account] {
            let merged = merge(&policy, removed(), choice(device, ago), rule, NOW);
            assert_eq!(text(merged.answers.as_ref()), left, "{device} {ago}");
        }
    }
}
