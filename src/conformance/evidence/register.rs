//! Drafts for the register of processing, of a balancing test, and the recipients of data.

use std::fmt::Write;

use super::{
    EvidenceError, declared,
    input::Input,
    item::{Items, Section},
    law::meaning,
    markdown::{self, cell, text_or, to_fill_in},
    recipients::{self, Recipient},
};
use crate::{
    CookiePolicy,
    policy::{Basis, Category, Controller, Text, regimes::AppliedRegime},
};

/// The purpose of the records.
const PROOF: &str = "- **Proof of choices** (records): shows that consent was given and refusals are respected. What allows \
                     it: a legal obligation for consent (GDPR, articles 6(1)(c) and 7(1)); for refusals, objections and \
                     signals a legitimate interest (articles 6(1)(f) and 5(2)), or the law of the regime.\n";

pub(super) fn add(input: &Input, items: &mut Items) -> Result<(), EvidenceError> {
    let policy = &input.policy;
    let language = markdown::language(policy);
    let recipients = recipients::of(policy, &language);
    items.add(
        Section::Register,
        "register/processing.md",
        "A draft of the entry in the register of processing activities (GDPR, article 30).",
        entry(policy, &language, &recipients, input.stored.is_some()),
    )?;
    items.add(
        Section::Register,
        "register/balancing-test.md",
        "A draft of the test that weighs interests, for what runs without consent (GDPR, article 6(1)(f)).",
        balancing_test(policy, &language),
    )?;
    items.add(
        Section::Register,
        "register/recipients.md",
        "Who receives data, in which countries, and which of them are outside the European Economic Area.",
        recipients::text(&recipients),
    )?;
    items.add_json(
        Section::Register,
        "register/recipients.json",
        "The same for programs.",
        &recipients,
    )
}

/// Writes the entry in the order of article 30(1).
fn entry(
    policy: &CookiePolicy,
    language: &str,
    recipients: &[Recipient],
    has_records: bool,
) -> String {
    let mut text = String::from(
        "# Entry in the register of processing activities (draft)\n\n\
         After the GDPR, article 30(1). What the policy says is filled in; the rest is for a person to complete.\n\n",
    );
    let mut part = |title: &str, body: &str| {
        // Writing to a string does not fail.
        let _ = write!(text, "## {title}\n\n{}\n\n", body.trim_end());
    };
    part("(a) Controller", &controller(policy, language));
    let purposes = policy.categories().map(|it| purpose(policy, it, language));
    let purposes: String = purposes.collect();
    let proof = if has_records { PROOF } else { "" };
    part("(b) Purposes", &format!("{purposes}{proof}"));
    part("(c) Persons and data", &persons_and_data(has_records));
    let names = recipients
        .iter()
        .map(|it| format!("- {}\n", cell(&it.name)));
    let names: String = names.collect();
    let names = match names.is_empty() {
        true => "The policy names none.\n",
        false => &names,
    };
    part(
        "(d) Recipients",
        &format!(
            "The controllers and providers that the policy names. Remove those that receive no data.\n\n{names}\n\
             Details are in `recipients.md`."
        ),
    );
    part(
        "(e) Transfers to other countries",
        &recipients::transfers(recipients),
    );
    part("(f) Time limits", &limits(policy, language, has_records));
    part(
        "(g) Security",
        &format!(
            "- What keeps cookies without consent from being set and read is checked in `conformance/`, as far as \
             the site was.\n- {}",
            to_fill_in("measures after article 32(1), such as access, encryption and backups")
        ),
    );
    text
}

fn persons_and_data(has_records: bool) -> String {
    format!(
        "- Persons: visitors of the site; {}\n- Data: the identifiers and settings in the cookies and storage of \
             the policy{}, and {}",
        to_fill_in("others, such as customers or children"),
        match has_records {
            true =>
                "; of each choice its answers, its time, the language, the regime, the signal of the \
                         browser, the place on the site, the texts that were shown, and what links it with the \
                         visitor's other choices (a receipt in the browser, or a hash of the account)",
            false => "",
        },
        to_fill_in("what is stored with them, such as addresses of pages or of the network")
    )
}

fn controller(policy: &CookiePolicy, language: &str) -> String {
    let controller = policy.controller();
    let of = |get: fn(&Controller) -> Option<&Text>, what| {
        text_or(policy, controller.and_then(get), language, what)
    };
    format!(
        "- Name: {}\n- Address: {}\n- Contact: {}\n- Data protection officer: {}\n- Joint controllers: {}",
        of(|it| Some(it.name()), "the controller’s name"),
        of(Controller::get_address, "the controller’s address"),
        of(Controller::get_contact, "how to reach the controller"),
        of(
            Controller::get_dpo,
            "how to reach the officer, if there is one"
        ),
        to_fill_in("their names, or none"),
    )
}

fn purpose(policy: &CookiePolicy, category: &Category, language: &str) -> String {
    let title = text_or(policy, category.get_title(), language, "its title");
    let description = text_or(policy, category.get_description(), language, "the purpose");
    let basis = meaning(category.basis().word());
    format!(
        "- **{title}** (`{}`): {description} What allows it: {basis}.\n",
        category.id()
    )
}

/// Writes a table of how long each cookie is kept.
fn limits(policy: &CookiePolicy, language: &str, has_records: bool) -> String {
    let mut text = String::from("| Category | Name | Purpose | Kept for |\n|---|---|---|---|\n");
    for category in policy.categories() {
        for cookie in declared::cookies(category) {
            let kept = cookie.get_retention().map(|kept| kept.to_string());
            let purpose = text_or(policy, cookie.get_purpose(), language, "the purpose");
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "| {} | `{}` | {purpose} | {} |",
                category.id(),
                cell(cookie.name()),
                kept.unwrap_or_else(|| to_fill_in("how long")),
            );
        }
    }
    let _ = write!(
        text,
        "\nData on the server: {}",
        to_fill_in("how long what is collected with them is kept")
    );
    if has_records {
        text += "\n\nRecords of choices: ";
        text += &to_fill_in(
            "the periods that the site sets; without a setting, 3 years after consent ended, and 25 months for refusals \
             and opt-outs",
        );
    }
    text
}

/// Writes a test for each category that runs without consent somewhere.
fn balancing_test(policy: &CookiePolicy, language: &str) -> String {
    let mut text = String::from(
        "# Balancing test (draft)\n\n\
         For processing that rests on a legitimate interest (GDPR, article 6(1)(f)), in three steps: the interest, \
         the necessity, and the interests of the persons. Source: EDPB, Guidelines 1/2024. Storing something on a \
         device, or reading it, has rules of its own (ePrivacy directive, article 5(3)): a test does not replace \
         the consent that these ask for.\n",
    );
    let editions = declared::editions(policy);
    for category in policy.categories() {
        let somewhere = editions
            .iter()
            .filter_map(|(_, it)| it.category(category.id()));
        let mut somewhere = somewhere.map(Category::basis);
        if somewhere.all(|basis| basis == Basis::Consent) {
            continue;
        }
        let title = text_or(policy, category.get_title(), language, "its title");
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n## {title} (`{}`)\n\n{}\n\nWhat allows it: {}.\n",
            category.id(),
            text_or(policy, category.get_description(), language, "the purpose"),
            bases(&editions, category.id()),
        );
        for (question, what) in QUESTIONS {
            let _ = writeln!(text, "- {question} {}", to_fill_in(what));
        }
    }
    text + "\nDecided by: [to fill in: name and role], on: [to fill in: date]. To be looked at again on: [to fill in: date].\n"
}

/// Returns what allows a category, and where.
fn bases(editions: &[(String, CookiePolicy)], id: &str) -> String {
    let all = editions.iter().filter_map(|(_, policy)| {
        let basis = meaning(policy.category(id)?.basis().word());
        let place = policy.regime().map(AppliedRegime::id);
        Some(match place {
            None => basis.to_owned(),
            Some(place) => format!("{basis} (`{place}`)"),
        })
    });
    all.collect::<Vec<_>>().join("; ")
}

const QUESTIONS: [(&str, &str); 6] = [
    (
        "1. Which interest is it, and whose?",
        "a lawful, real and present interest",
    ),
    (
        "2. Is the processing necessary for it?",
        "why no milder way, with less data, would do",
    ),
    (
        "3. Which data of whom are processed, and would these persons expect it?",
        "data, persons, expectations",
    ),
    (
        "4. What may happen to these persons, and how likely is it?",
        "consequences",
    ),
    (
        "5. What lessens that?",
        "such as short retention, no combination with other data, an easy objection",
    ),
    ("6. Whose interests weigh more?", "the result, and why"),
];
