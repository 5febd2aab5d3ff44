use super::*;
use crate::{Category, CookiePolicy, policy::Service};

fn policy() -> CookiePolicy {
    let films = Service::new("films").origins(["https://films.example"]);
    CookiePolicy::new([
        Category::necessary("base"),
        Category::exempt("stats"),
        Category::consent("maps"),
        Category::consent("media").service(films),
    ])
    .unwrap()
}

fn read(html: &str, consent: &Consent) -> PageRead {
    let page = Url::parse("https://localhost/").unwrap();
    PageRead::new(&format!("<body>{html}"), &page, consent)
}

fn undecided(html: &str) -> PageRead {
    read(html, &Consent::undecided(policy()))
}

fn accepted(html: &str) -> PageRead {
    let consent = Consent::undecided(policy());
    let choice = consent.accept_all();
    read(html, &consent.with_choice(choice))
}

const ACCEPT: &str = "<button name=choice value=accept>Accept all</button>";
const REFUSE: &str = "<button name=choice value=refuse>Refuse all</button>";

fn banner(buttons: &str) -> String {
    format!("<section id=cookies><form method=post action=/cookies>{buttons}</form></section>")
}

#[test]
fn a_refusal_has_to_be_like_the_acceptance() {
    for (buttons, fault) in [
        (format!("{ACCEPT}{REFUSE}"), ""),
        (format!("{REFUSE}<a href=/x>More</a>{ACCEPT}"), ""),
        (ACCEPT.to_owned(), "nothing beside it refuses"),
        (format!("{ACCEPT}<a href=/x>Settings</a>"), "another step"),
        (format!("{ACCEPT}<a href=/x>Refuse all</a>"), "a link"),
        (format!("{ACCEPT}<a href=/x role=button>Refuse all</a>"), ""),
        (format!("{ACCEPT}<a href=/x class='btn'>Refuse all</a>"), ""),
        (format!("{ACCEPT}<button name=choice value=refuse disabled>No</button>"), "disabled"),
        (format!("{ACCEPT}<fieldset disabled>{REFUSE}</fieldset>"), "disabled"),
        (format!("{ACCEPT}<div hidden>{REFUSE}</div>"), "hidden"),
        (format!("{ACCEPT}<div inert>{REFUSE}</div>"), "inert"),
        (format!("{ACCEPT}<details><summary>x</summary>{REFUSE}</details>"), "opened first"),
        (format!("{ACCEPT}<details open><summary>x</summary>{REFUSE}</details>"), ""),
        (format!("{ACCEPT}<div style='position:absolute; left:-9999px'>{REFUSE}</div>"), "outside"),
        (format!("{ACCEPT}<div style='width: 1px; height: 1px'>{REFUSE}</div>"), "of no size"),
        (format!("{ACCEPT}<div style='width: 1fr'>{REFUSE}</div>"), ""),
        (format!("{ACCEPT}<small>{REFUSE}</small>"), "smaller"),
        (format!("<small>{ACCEPT}{REFUSE}</small>"), ""),
        (format!("{ACCEPT}<span style='font-size:10px'>{REFUSE}</span>"), "smaller"),
        (format!("<span style='font-size:2em'>{ACCEPT}</span>{REFUSE}"), "smaller"),
        (format!("{ACCEPT}<span style='font-size:15px'>{REFUSE}</span>"), ""),
        (format!("{ACCEPT}<span style='opacity:50%'>{REFUSE}</span>"), "paler"),
        (format!("{ACCEPT}<span style='transform:scale(.5)'>{REFUSE}</span>"), "smaller"),
        (
            format!("{ACCEPT}<button style='background:none; border:0' name=choice value=refuse>No</button>"),
            "look like a text",
        ),
        (format!("{ACCEPT}<button name=choice value=accept>Refuse</button>"), "accepts"),
        (format!("{ACCEPT}<button type=button>Refuse</button>"), "without scripts"),
        (format!("{ACCEPT}<input type=submit name=choice value=refuse>"), ""),
        ("<button type=button>Accept</button><button type=button>Refuse</button>".to_owned(), ""),
        ("<button type=button>Accept</button>".to_owned(), "nothing beside it"),
        (
            format!("{ACCEPT}<input type=checkbox name=maps><button name=choice value=save>Save</button>"),
            "",
        ),
        (
            format!("{ACCEPT}<input type=checkbox name=maps checked><button name=choice value=save>Save</button>"),
            "nothing beside it",
        ),
        (
            "<button data-consent-control=accept>Fine</button><button data-consent-control=refuse>Not today</button>".to_owned(),
            "",
        ),
        ("<button data-consent-control=accept>Fine</button>".to_owned(), "nothing beside it"),
        // These allow a part.
        ("<input type=hidden name=service value=films><button>Allow films</button>".to_owned(), ""),
        ("<button data-service=films type=button>Allow</button>".to_owned(), ""),
    ] {
        let faults = undecided(&banner(&buttons)).refusing();
        let found = faults.iter().any(|why| why.contains(fault));
        assert!(found || (fault.is_empty() && faults.is_empty()), "{buttons} {faults:?}");
        assert_eq!(faults.is_empty(), fault.is_empty(), "{buttons} {faults:?}");
    }
}

#[test]
fn only_what_is_about_cookies_asks_for_consent() {
    for html in [
        "<form method=post action=/terms><button>Accept</button></form>",
        "<button type=button>Allow notifications</button>",
        "<p>We use cookies. <a href=/policy>Accept</a>",
    ] {
        assert_eq!(undecided(html).refusing(), Vec::<String>::new(), "{html}");
    }
    // Whoever has accepted has nothing to refuse.
    assert_eq!(accepted(&banner(ACCEPT)).refusing(), Vec::<String>::new());
}

#[test]
fn what_else_is_on_the_page_is_not_about_cookies() {
    let footer = "<footer><a href=/cookies>Cookie settings</a></footer>";
    for html in [
        "<form method=post action=/terms><button>I agree to the terms</button></form>",
        "<form method=post action=/friends/7><button name=decision value=accept>Accept</button></form>",
        "<button type=button>Allow notifications</button>",
        "<p><a class=btn href=/offer>Yes, show me the offer</a></p>",
        "<form action=/list><select name=category><option selected>media</select></form>",
        "<form method=post action=/me><input type=checkbox name=show_maps checked>Maps</form>",
        "<form method=post action=/me><input type=checkbox name=order_tracking checked>Mails</form>",
        "<form method=post action=/me><button name=informed_consent value=yes>I consent</button></form>",
    ] {
        let page = undecided(&format!("<div id=app><h1>Shop</h1>{html}{footer}</div>"));
        assert_eq!(page.refusing(), Vec::<String>::new(), "{html}");
        assert_eq!(page.ticked().faults, Vec::<String>::new(), "{html}");
    }
    for html in [
        "<div><p>We use cookies.</p><button type=button>Accept</button></div>",
        "<dialog open><p>We use cookies.</p><button type=button>Accept</button></dialog>",
        "<button type=button onclick=acceptCookies()>Accept</button>",
        "<form method=post action=/x><button name=consent value=yes>I consent</button></form>",
        "<form method=post action=/consent/accept><button>Accept</button></form>",
        "<a class=btn href='/consent?choice=accept'>Accept all</a>",
        "<a class=btn href=/x>Accept cookies</a>",
    ] {
        let page = undecided(&format!("<div id=app><h1>Shop</h1>{html}{footer}</div>"));
        assert_eq!(page.refusing().len(), 1, "{html}");
    }
}

#[test]
fn the_only_category_may_be_allowed_in_the_place_of_a_film() {
    let policy = CookiePolicy::new([Category::necessary("base"), Category::consent("video")]);
    let consent = Consent::undecided(policy.unwrap());
    let refused = consent.with_choice(consent.refuse_all());
    let form = |button: &str| {
        format!(
            "<form method=post action=/cookies><input type=hidden name=category value=video><button>{button}</button></form>"
        )
    };
    let both = banner(&format!("{ACCEPT}{REFUSE}"));
    for (html, consent, is_fault) in [
        (form("Show the video"), &consent, false),
        (form("Allow the video"), &refused, false),
        (both.clone() + &form("Allow the video"), &consent, false),
        (form("Allow the video"), &consent, true),
        (
            format!("<section id=cookies>{}</section>", form("OK")),
            &consent,
            true,
        ),
        (
            format!(
                "<section class=cookie-placeholder>{}</section>",
                form("Show")
            ),
            &consent,
            false,
        ),
    ] {
        let faults = read(&html, consent).refusing();
        assert_eq!(!faults.is_empty(), is_fault, "{html} {faults:?}");
    }
}

#[test]
fn both_buttons_may_be_inside_of_a_closed_dialog() {
    let dialog =
        |inside: &str| format!("<dialog id=cookies><form method=post>{inside}</form></dialog>");
    assert!(
        undecided(&dialog(&format!("{ACCEPT}{REFUSE}")))
            .refusing()
            .is_empty()
    );
    assert_eq!(undecided(&dialog(ACCEPT)).refusing().len(), 1);
}

/// Fields of a banner, and whether they are on for something.
const FIELDS: [(&str, bool); 18] = [
    ("<input type=checkbox name=maps>", false),
    ("<input type=checkbox name=maps checked>", true),
    ("<input type=checkbox name=stats checked>", false),
    ("<input type=checkbox checked disabled> Necessary", false),
    ("<select name=maps><option>yes<option>no</select>", true),
    (
        "<select name=maps><option value=''>-<option>yes</select>",
        false,
    ),
    (
        "<select name=category multiple><option selected>maps<option>media</select>",
        true,
    ),
    (
        "<select name=category multiple><option>maps<option>media</select>",
        false,
    ),
    (
        "<span role=switch aria-checked=true aria-label=maps></span>",
        true,
    ),
    (
        "<span role=switch aria-checked=false aria-label=maps></span>",
        false,
    ),
    ("<my-switch name=maps checked></my-switch>", true),
    (
        "<template><input type=checkbox name=maps checked></template>",
        false,
    ),
    (
        "<noscript><input type=checkbox name=maps checked></noscript>",
        true,
    ),
    (
        "<input type=hidden name=maps value=0><input type=checkbox name=maps value=1>",
        false,
    ),
    (
        "<input type=hidden name=maps value=1><button>Save</button>",
        true,
    ),
    (
        "<input type=hidden name=maps value=1><button>Allow maps</button>",
        false,
    ),
    (
        "<input type=hidden name=next value='/maps'><button>Save</button>",
        false,
    ),
    (
        "<input type=hidden name=shown value=maps><button name=choice value=refuse>Refuse</button>",
        false,
    ),
];

#[test]
fn fields_are_off_until_the_visitor_allows_them() {
    for (fields, is_fault) in FIELDS {
        let html = banner(fields);
        assert_eq!(
            !undecided(&html).ticked().faults.is_empty(),
            is_fault,
            "{fields}"
        );
        assert!(accepted(&html).ticked().faults.is_empty(), "{fields}");
    }
}

#[test]
fn what_covers_a_page_has_a_way_out() {
    let fixed = "<div style='position:fixed;top:0;left:0;width:100%;height:100vh'>";
    for (html, is_fault) in [
        (format!("{fixed}Cookies? <button type=button>Accept</button></div>"), true),
        (format!("{fixed}Cookies? <button type=button>Accept</button><button type=button>Refuse</button></div>"), false),
        (format!("{fixed}Our newsletter <button type=button>Yes</button></div>"), false),
        ("<div style='position:fixed;bottom:0;width:100%'>Cookies? <button type=button>Accept</button></div>".to_owned(), false),
        ("<dialog open>We use cookies.</dialog>".to_owned(), true),
        ("<dialog>We use cookies.</dialog>".to_owned(), false),
        ("<div aria-modal=true role=dialog>We use cookies. <a href=/more>Settings</a></div>".to_owned(), true),
        ("<div aria-modal=true role=dialog hidden>We use cookies.</div>".to_owned(), false),
    ] {
        assert_eq!(!undecided(&html).covering().is_empty(), is_fault, "{html}");
        assert!(accepted(&html).covering().is_empty(), "{html}");
    }
}

#[test]
fn ways_to_withdraw_are_found() {
    for (html, expected) in [
        ("<a href=/cookies>Cookie settings</a>", Some("link")),
        ("<a href=/cookies>Privacy</a>", Some("link")),
        ("<a href=/cookies>Legal</a>", Some("link")),
        ("<a href=/preferences>Preferences</a>", Some("link")),
        ("<a href=/orders/tracking>My parcel</a>", None),
        ("<a href=/terms>Terms</a>", None),
        ("<a href=/cookies hidden>Cookie settings</a>", None),
        (
            "<a href=mailto:a@b.example>Withdraw consent</a>",
            Some("letter"),
        ),
        (
            "<a href=https://other.example/>Cookie settings</a>",
            Some("elsewhere"),
        ),
        ("<button type=button>Cookie settings</button>", Some("here")),
        ("<a href='#cookies'>Cookie settings</a>", Some("here")),
        (
            "<form method=post action=/cookies><button name=choice value=withdraw>Withdraw</button></form>",
            Some("button"),
        ),
        (
            "<form method=post action=/cookies><input type=checkbox name=maps><button>Save</button></form>",
            Some("form"),
        ),
    ] {
        let page = accepted(html);
        let ways = page.ways();
        let found = ways.first().map(|way| match way {
            Way::Here => "here",
            Way::Form(_) => "form",
            Way::Button(_) => "button",
            Way::Link(..) => "link",
            Way::Elsewhere => "elsewhere",
            Way::Letter(_) => "letter",
        });
        assert_eq!(found, expected, "{html}");
    }
}

#[test]
fn small_pages_may_say_what_was_chosen_or_is_shown() {
    let film = "<iframe src=https://www.films.example/1></iframe>";
    for (with, without) in [
        (
            "<p>Maps are on. Thank you for your visit, and your time.</p>",
            "<p>Basic version.</p>",
        ),
        (
            "<p>You have given your consent to films and all the rest.</p>",
            "",
        ),
        (
            "<ul><li>Green shoes<li>Blue hats<li>Yellow gloves<li>Red socks</ul>",
            "",
        ),
        (
            "<div class='box ads'>Shoes of our partner at half the price today</div>",
            "",
        ),
    ] {
        let content = accepted(&format!("<h1>Shop</h1>{with}")).content();
        let other = undecided(&format!("<h1>Shop</h1>{without}")).content();
        assert!(!content.is_withheld_by(&other), "{with}");
    }
    let map =
        format!("<h1>Contact</h1>{film}<p>Drag it to move, use the wheel to zoom in or out.</p>");
    let other = undecided("<h1>Contact</h1><p>This needs cookies.</p>").content();
    assert!(!accepted(&map).content().is_withheld_by(&other));
    let many = format!(
        "<h1>Maps</h1><p>{}</p>",
        "Maps of all kinds and of many times. ".repeat(5)
    );
    assert!(accepted(&many).content().is_withheld_by(&other));
}

#[test]
fn pages_that_scripts_write_are_shells() {
    let script = "<script src=/app.js></script>";
    for (html, is_shell) in [
        (format!("<div id=root></div>{script}"), true),
        (
            format!(
                "<noscript>This page needs scripts, sorry.</noscript><div>Loading …</div>{script}"
            ),
            true,
        ),
        (
            format!("<h1>An article about something</h1>{script}"),
            false,
        ),
        (format!("<a href=/cookies>Cookies</a>{script}"), false),
        ("<div id=root></div>".to_owned(), false),
    ] {
        assert_eq!(accepted(&html).is_shell(), is_shell, "{html}");
    }
}

#[test]
fn content_is_compared_without_what_asks() {
    let text = "<main><h1>An article</h1><p>Many words about nothing in particular, and more of them.</p></main>";
    let banner = banner(&format!("May we use cookies? {ACCEPT}{REFUSE}"));
    for (other, is_withheld) in [
        (format!("{text}{banner}"), false),
        (format!("{text}<p>Popular today"), false),
        (text.replace("Many words", "Some words"), false),
        ("<main><h1>An article</h1></main>".to_owned(), true),
        ("<main><h1>An article</h1><p>Accept cookies to read this article, which is very long indeed.</main>".to_owned(), true),
        (text.replace("<p>", "<p hidden>"), true),
        (text.replace("<p>", "<p style='filter: blur(3px)'>"), true),
        (text.replace("<main>", "<style>.off{display:none}</style><main>").replace("<p>", "<p class=off>"), true),
        (text.replace("<main>", "<main aria-hidden=true>"), false),
        ("<main><h1>An article</h1><p>Other things that are popular today, of the same length as those.</main>".to_owned(), false),
    ] {
        let content = accepted(text).content();
        assert_eq!(content.is_withheld_by(&undecided(&other).content()), is_withheld, "{other}");
    }
}
