//! Correct sites that read, store, keep and take back choices in other ways than this crate does.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use tower_cookie_consent::{
    Category, Choice, CookieDeclaration, CookiePolicy,
    conformance::{Conformance, Report, Requirement::*},
    policy::Service,
};

use super::{
    super::check,
    Row, Style,
    plain::{DAY, PLAIN, Plain, plan},
    row,
    site::{self, Asked, Reply, choosing, home, post},
};

/// A name, a site by hand, and a plan.
type PlainStyle = (&'static str, Plain, fn() -> Conformance);

const PLAIN_STYLES: [PlainStyle; 5] = [
    ("a plain reader, for categories alone", PLAIN, plan),
    (
        "a choice for six months of 30 days",
        Plain {
            max_age: [180 * DAY; 2],
            ..PLAIN
        },
        plan,
    ),
    (
        "a refusal for 400 days",
        Plain {
            max_age: [400 * DAY, 182 * DAY],
            ..PLAIN
        },
        plan,
    ),
    (
        "what is left open is refused",
        Plain {
            closes: true,
            ..PLAIN
        },
        plan,
    ),
    (
        "answers for services alone",
        Plain {
            ids: &["films", "clips", "network"],
            cookies: &[],
            reads_services: true,
            ..PLAIN
        },
        || {
            let plan = Conformance::new(of_services()).visit(["/", "/article", "/cookies"]);
            let choices = ["accept", "refuse", "save&category=films"];
            choices.into_iter().fold(plan, |plan, choice| {
                plan.request(post("/cookies", &format!("choice={choice}")))
            })
        },
    ),
];

/// A policy whose categories have services.
fn of_services() -> CookiePolicy {
    let service = |id: &'static str, origin: &'static str| Service::new(id).origins([origin]);
    CookiePolicy::new([
        Category::necessary("base").cookie(CookieDeclaration::new("sessionid")),
        Category::consent("media").services([
            service("films", "https://www.films.example"),
            service("clips", "https://www.clips.example"),
        ]),
        Category::consent("ads").service(service("network", "https://network.example")),
    ])
    .unwrap()
}

/// A check of a site.
type Check = Box<dyn Fn() -> Report + Send + Sync>;

pub(super) fn sites() -> Vec<(String, Check)> {
    let sites = PLAIN_STYLES.iter().map(|(name, site, plan)| {
        let run: Check = Box::new(|| check(plan(), site.build()));
        ((*name).to_owned(), run)
    });
    sites.collect()
}

/// Stores a refusal for a visit of this path.
fn link(asked: &Asked, reply: &mut Reply, path: &str) {
    if asked.path() == path && !asked.is_post() {
        reply.store(asked, asked.consent.refuse_all());
        reply.status = http::StatusCode::SEE_OTHER;
        reply.header("location", "/");
        let expire = |name: &str| format!("{name}=; Path=/; Max-Age=0");
        for name in ["map", "films_id", "_ga", "_pk_id.1", "_pk_id.kit"] {
            reply.unset(name);
            if asked.cookie(name).is_some() {
                reply.set(&expire(name));
            }
        }
    }
}

/// The choices of the accounts that visitors of two sites log in to.
static ACCOUNT: Mutex<Option<Choice>> = Mutex::new(None);
static OTHER: Mutex<Option<Choice>> = Mutex::new(None);

fn members() -> Conformance {
    choosing().login(post("/login", "user=a&password=b"))
}

/// Brings the choice of the account to the device that logs in.
fn brings(account: &Mutex<Option<Choice>>, asked: &Asked, reply: &mut Reply) {
    let mut account = account.lock().unwrap();
    if let Some(choice) = asked.choice().filter(|_| asked.is_member()) {
        *account = Some(choice);
    }
    let is_login = asked.path() == "/login" && asked.is_post();
    let is_new = asked.cookie("cookies_preferences").is_none();
    let may_bring = is_login && is_new && asked.header("sec-gpc").is_empty();
    if let Some(choice) = account.filter(|_| may_bring) {
        reply.store(asked, choice);
        let granted = |id| choice.get(&site::policy(), id) == Some(true);
        for (name, id) in OPTIONAL {
            if granted(id) {
                continue;
            }
            reply.unset(name);
            if asked.cookie(name).is_some() && choice.get(&site::policy(), id) == Some(false) {
                reply.set(&format!("{name}=; Path=/; Max-Age=0"));
            }
        }
    }
}

/// The cookies of the site, and those that stand for them, with their categories.
const OPTIONAL: [(&str, &str); 5] = [
    ("_pk_id.1", "stats"),
    ("_pk_id.kit", "stats"),
    ("map", "maps"),
    ("films_id", "media"),
    ("_ga", "ads"),
];

pub(super) const RIGHT: &[Style] = &[
    (
        "a link withdraws",
        |asked, reply| {
            link(asked, reply, "/cookies/withdraw");
            let old = "<a href=\"/cookies\">";
            let new = format!("<a href=\"/cookies/withdraw\">Withdraw consent to cookies</a>{old}");
            reply.body = reply.body.replace(old, &new);
        },
        || choosing().visit(["/cookies/withdraw"]),
    ),
    (
        "a link refuses, by its query",
        |asked, reply| {
            if asked.parts.uri.query() == Some("choice=refuse") {
                link(asked, reply, "/consent");
            }
        },
        || choosing().visit(["/article", "/consent?choice=refuse"]),
    ),
    (
        "a login brings the choice of the account",
        |asked, reply| brings(&ACCOUNT, asked, reply),
        members,
    ),
    (
        "a login of the plan brings the choice of the account",
        |asked, reply| brings(&OTHER, asked, reply),
        || choosing().request(post("/login", "user=a&password=b")),
    ),
    (
        "the same further member in each choice",
        |_, reply| {
            reply.change(|field| {
                let with = "cookies_preferences=%7B%22lang%22%3A%22en%22%2C";
                Some(field.replace("cookies_preferences=%7B", with))
            });
        },
        choosing,
    ),
    (
        "a session that any choice begins",
        |asked, reply| {
            static SESSIONS: AtomicU32 = AtomicU32::new(0);
            reply.unset("sessionid");
            if asked.choice().is_some() && asked.cookie("sessionid").is_none() {
                let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
                reply.set(&format!(
                    "sessionid=s{session}; Path=/; HttpOnly; Secure; SameSite=Lax"
                ));
            }
        },
        choosing,
    ),
];

/// Sets and embeds what needs consent, as if all were allowed.
fn track(asked: &Asked, reply: &mut Reply) {
    if !asked.is_post() {
        reply.track("_ga");
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a refusal for five months",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("refuse") {
                keep_for(reply, 150 * DAY);
            }
        },
        choosing,
    ),
    row(
        "a refusal for two years",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("refuse") {
                keep_for(reply, 730 * DAY);
            }
        },
        choosing,
    ),
    row(
        "an acceptance for a year",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("accept") {
                keep_for(reply, 365 * DAY);
            }
        },
        choosing,
    ),
    row(
        "a link that is called a refusal accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.path() == "/cookies/refuse" && !asked.is_post() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        || choosing().visit(["/cookies/refuse"]),
    ),
    row(
        "a link that is called a refusal renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.path() == "/cookies/refuse" && asked.is_accepted() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        || choosing().visit(["/cookies/refuse"]),
    ),
    row(
        "a login of members accepts what nobody has accepted",
        "R5, R16",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.path() == "/login" && asked.is_post() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        members,
    ),
    row(
        "a session of each who refuses",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            static SESSIONS: AtomicU32 = AtomicU32::new(0);
            reply.unset("sessionid");
            if asked.posts("refuse") && asked.cookie("sessionid").is_none() {
                let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
                reply.set(&format!(
                    "sessionid=s{session}; Path=/; HttpOnly; Secure; SameSite=Lax"
                ));
            }
        },
        choosing,
    ),
    row(
        "another member in each choice",
        "R27",
        UnclearGrantsNothing,
        |_, reply| {
            static CHOICES: AtomicU32 = AtomicU32::new(0);
            reply.change(|field| {
                let number = CHOICES.fetch_add(1, Ordering::Relaxed);
                let with = format!("cookies_preferences=%7B%22n%22%3A{number}%2C");
                Some(field.replace("cookies_preferences=%7B", &with))
            });
        },
        choosing,
    ),
    row(
        "advertising for each member twice",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.text().matches("\"ads\":").count() == 2
                && asked.text().contains("\"ads\":true")
            {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "preferences that are too long allow all cookies, and the banner stays",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw().len() > 4_096 && asked.text().contains("\"ads\":true") {
                for name in ["map", "films_id", "_ga"] {
                    reply.track(name);
                }
            }
        },
        home,
    ),
];

fn keep_for(reply: &mut Reply, seconds: u64) {
    reply.change(|field| match field.starts_with("cookies_preferences=") {
        true => Some(format!("{field}; Max-Age={seconds}")),
        false => Some(field),
    });
}
