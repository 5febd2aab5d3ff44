//! Fields that are on in advance.

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    super::{
        Row, row,
        site::{Asked, Reply, home},
    },
    settings, swap,
};

/// Changes the box for advertising in the form.
fn ads(asked: &Asked, reply: &mut Reply, to: &str) {
    if asked.path() == "/cookies" && !asked.consent.allows("ads") {
        swap(
            reply,
            "<label><input type=checkbox name=category value=ads> ads</label>",
            to,
        );
    }
}

/// Puts fields in front of the buttons of the banner.
fn banner(reply: &mut Reply, fields: &str) {
    swap(reply, super::ACCEPT, &format!("{fields}{}", super::ACCEPT));
}

const TICKED: &str = "<label><input type=checkbox name=category value=ads checked> ads</label>";

pub(in super::super) const ROWS: &[Row] = &[
    row(
        "a box is ticked before a choice",
        "R7",
        NothingTicked,
        |asked, reply| {
            if asked.is_undecided() {
                ads(asked, reply, TICKED);
            }
        },
        settings,
    ),
    row(
        "all boxes are ticked after a refusal",
        "R7",
        NothingTicked,
        |asked, reply| {
            if asked.path() == "/cookies" && asked.is_refused() {
                for id in ["maps", "media", "ads"] {
                    swap(
                        reply,
                        &format!("value={id}>"),
                        &format!("value={id} checked>"),
                    );
                }
            }
        },
        settings,
    ),
    row(
        "what is new is ticked for an older acceptance",
        "R7, R10",
        NothingTicked,
        |asked, reply| {
            if asked.answer("ads") == Some(true) {
                ads(asked, reply, TICKED);
            }
        },
        settings,
    ),
    row(
        "a box is ticked with unreadable preferences",
        "R7, R5",
        NothingTicked,
        |asked, reply| {
            if asked.text().contains("malformed") {
                ads(asked, reply, TICKED);
            }
        },
        settings,
    ),
    row(
        "a box is ticked in German",
        "R7",
        NothingTicked,
        |asked, reply| {
            if asked.header("accept-language").starts_with("de") {
                ads(asked, reply, TICKED);
            }
        },
        settings,
    ),
    row(
        "a list allows by its first option",
        "R7",
        NothingTicked,
        |asked, reply| {
            ads(
                asked,
                reply,
                "<select name=ads><option value=yes>Yes<option value=no>No</select>",
            );
        },
        settings,
    ),
    row(
        "a radio button for yes is chosen",
        "R7",
        NothingTicked,
        |asked, reply| {
            let radios = "<fieldset><legend>Advertising</legend>\
                <label><input type=radio name=ads value=1 checked> Allow</label>\
                <label><input type=radio name=ads value=0> Refuse</label></fieldset>";
            ads(asked, reply, radios);
        },
        settings,
    ),
    row(
        "a switch is on",
        "R7",
        NothingTicked,
        |asked, reply| {
            ads(
                asked,
                reply,
                "<button type=button role=switch aria-checked=true data-category=ads>Ads</button>",
            );
        },
        settings,
    ),
    row(
        "a disabled box is ticked",
        "R7",
        NothingTicked,
        |asked, reply| {
            ads(
                asked,
                reply,
                "<input type=checkbox id=c9 checked disabled><label for=c9>Ads</label>",
            );
        },
        settings,
    ),
    row(
        "a hidden field allows, and the button only saves",
        "R7",
        NothingTicked,
        |asked, reply| ads(asked, reply, "<input type=hidden name=category value=ads>"),
        settings,
    ),
    row(
        "a hidden field allows, beside a box about something else",
        "R7",
        NothingTicked,
        |asked, reply| {
            let fields = "<input type=hidden name=category value=ads>\
                <label><input type=checkbox name=remember> Remember me</label>";
            ads(asked, reply, fields);
        },
        settings,
    ),
    row(
        "a link-like form to a path about consent allows with a hidden field",
        "R7",
        NothingTicked,
        |_, reply| {
            let form = "</form><form action=/consent><input type=hidden name=category value=ads>\
                <button>Continue</button>";
            swap(reply, super::REFUSE, &format!("{}{form}", super::REFUSE));
        },
        home,
    ),
    row(
        "a hidden field accepts, and the button only goes on",
        "R7",
        NothingTicked,
        |_, reply| {
            let form = "</form><form method=post action=/cookies><input type=hidden name=choice value=accept>\
                <button>Continue</button>";
            swap(reply, super::REFUSE, &format!("{}{form}", super::REFUSE));
        },
        home,
    ),
    row(
        "a box for a purpose that the policy calls otherwise is ticked",
        "R7",
        NothingTicked,
        |_, reply| {
            banner(
                reply,
                "<label><input type=checkbox name=c1 checked> Marketing</label>",
            );
        },
        home,
    ),
    row(
        "a box for everything is ticked",
        "R7",
        NothingTicked,
        |_, reply| {
            banner(
                reply,
                "<label><input type=checkbox name=cookie_consent value=1 checked> I agree</label>",
            );
        },
        home,
    ),
    row(
        "a box on cookies for advertising is ticked in a lottery",
        "R7, Planet49",
        NothingTicked,
        |asked, reply| {
            if asked.path() == "/" {
                swap(
                    reply,
                    "<h1>Home</h1>",
                    "<h1>Home</h1><form method=post action=/lottery><input type=email name=mail>\
                    <label><input type=checkbox name=ads checked> I agree to cookies for advertising</label>\
                    <button>Take part</button></form>",
                );
            }
        },
        home,
    ),
    row(
        "a box on cookies is ticked in a registration",
        "R7, Planet49",
        NothingTicked,
        |asked, reply| {
            if asked.path() == "/" {
                swap(
                    reply,
                    "<h1>Home</h1>",
                    "<h1>Home</h1><form method=post action=/register><input type=password name=word>\
                    <label><input type=checkbox name=c4 checked> I agree to the use of cookies</label>\
                    <button>Register</button></form>",
                );
            }
        },
        home,
    ),
];
