//! What several devices say of one account.

mod devices;
mod login;
mod saving;

use super::{
    answers::Answers,
    base::{Base, Change},
    saving::ToSave,
};
use crate::{
    Category, Consent,
    policy::{CookiePolicy, Service},
};

const START: u64 = 1_790_000_000;

fn policy() -> CookiePolicy {
    let services = ["tube", "reels"].map(Service::new);
    CookiePolicy::new([
        Category::consent("ads"),
        services
            .into_iter()
            .fold(Category::consent("films"), Category::service),
        Category::exempt("stats"),
    ])
    .unwrap()
}

#[test]
fn an_answer_keeps_the_time_of_the_others() {
    let policy = policy();
    let consent = |answers: &Answers| Consent::at(policy.clone(), Some(answers.choice), START + 9);
    let change = Change {
        is_answer: true,
        is_cut: false,
    };
    let first = Base::Device(None).with(
        &policy,
        Consent::at(policy.clone(), None, START).accept_all(),
        START,
        change,
    );
    assert_eq!(first.times_text(&policy), format!("0~{START}~0"));
    let stopped = consent(&first).choose([("tube", false)]).unwrap();
    assert_eq!(stopped.decided_at, START);
    let second = Base::Account(first).with(&policy, stopped, START + 9, change);
    let at = START + 9;
    assert_eq!(second.times_text(&policy), format!("0~{START}~{at}"));
    // The same second: what is said last has to count here.
    let started = consent(&second).choose([("tube", true)]).unwrap();
    let third = Base::Account(second.clone()).with(&policy, started, at, change);
    let expected = format!("0~{START}~0!{}~tube", at + 1);
    assert_eq!(third.times_text(&policy), expected);
    assert_eq!(second.latest(&third, &policy, at), third);
    // What is no longer said is taken back.
    let all = consent(&third).accept_all();
    let fourth = Base::Account(third).with(&policy, all, at + 5, change);
    let expected = format!("0~{START}~0*{}~tube", at + 5);
    assert_eq!(fourth.times_text(&policy), expected);
    assert_eq!(second.latest(&fourth, &policy, at), fourth);
}

/// Grants that can't be recorded here may be so elsewhere.
#[test]
fn a_grant_that_was_taken_out_is_not_taken_back() {
    let policy = policy();
    let all = Consent::at(policy.clone(), None, START).accept_all();
    let change = |is_answer, is_cut| Change { is_answer, is_cut };
    let account = Base::Device(None).with(&policy, all, START, change(true, false));
    let base = Base::Account(account.clone());
    let mut left = all;
    left.granted = policy.necessary();
    for (is_cut, is_kept) in [(true, true), (false, false)] {
        let answers = base.with(&policy, left, START + 5, change(false, is_cut));
        let merged = account.latest(&answers, &policy, START + 5);
        assert_eq!(merged == account, is_kept, "{is_cut}");
    }
}

/// Its time is not known, so that whatever else was said about it is later.
#[test]
fn a_grant_of_the_device_is_kept_where_nobody_says_more() {
    let policy = policy();
    let change = Change {
        is_answer: true,
        is_cut: false,
    };
    let nothing = Consent::at(policy.clone(), None, START);
    let says = |id: &str, granted| {
        let choice = nothing.choose([(id, granted)]).unwrap();
        Base::Device(None).with(&policy, choice, START, change)
    };
    let removed = Answers::removed(&policy, None, START);
    for (id, stored, is_kept) in [
        ("ads", says("films", false), true),
        ("ads", says("ads", false), false),
        ("ads", removed.clone(), false),
        ("tube", says("ads", false), true),
        ("tube", says("films", false), false),
        ("tube", removed, false),
    ] {
        let device = nothing.choose([(id, true)]).unwrap();
        let consent = Consent::at(policy.clone(), Some(device), START + 9);
        let new = consent.choose([("reels", true)]).unwrap();
        let answers = Base::Device(Some(device)).with(&policy, new, START + 9, change);
        let index = policy.index_of(id.as_bytes()).unwrap();
        assert_eq!(answers.times[&index], 0);
        let to_save = ToSave {
            name: "ada".to_owned(),
            policy: policy.clone(),
            now: START + 9,
            new_denials: Default::default(),
            new_grants: Default::default(),
            answers: answers.clone(),
        };
        for merged in [
            to_save.with(Some(&stored)),
            answers.latest(&stored, &policy, START + 9),
        ] {
            let case = format!("{id} {}", stored.times_text(&policy));
            assert_eq!(merged.choice.granted.contains(index), is_kept, "{case}");
            // And it is there at the next login, too.
            let text = merged.text(&policy);
            let read = Answers::of_text(&policy, &text, START + 9).unwrap();
            let again = stored.latest(&read, &policy, START + 9);
            assert_eq!(again.choice.granted.contains(index), is_kept, "{case}");
        }
    }
}
