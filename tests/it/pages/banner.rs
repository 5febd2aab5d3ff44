//! The fragments on the site's own pages.

use http::Method;
use tower_cookie_consent::{
    Basis, Category, Consent, CookieDeclaration, CookiePolicy, pages::Pages, regimes::Regime,
};

use super::{FORM, OWN, fetch, field, policy, post, post_with, preferences, request, send, site};

fn with_cookie(path: &str, cookie: &str) -> String {
    fetch(path, &[("cookie", cookie)]).into_body()
}

#[test]
fn the_banner_is_there_only_while_a_choice_is_needed() {
    let first = fetch("/", &[]).into_body();
    assert!(first.contains("<section class=\"tcc tcc-banner\" aria-label="));
    assert!(first.find("tcc-banner").unwrap() < first.find("<main").unwrap());
    for decision in ["accept", "refuse", "save"] {
        let cookie = preferences(&post(&format!("decision={decision}"))).unwrap();
        assert!(
            !with_cookie("/", &cookie).contains("tcc-banner"),
            "{decision}"
        );
    }
}

#[test]
fn the_banner_says_who_asks_for_what_and_who_else_gets_data() {
    let page = fetch("/", &[]).into_body();
    for told in [
        "Portal",
        "First-party cookies",
        "Remember your path.",
        "Widgets of other sites",
        "Shows &lt;b&gt;maps&lt;&#x2f;b&gt; &amp; films",
        "Google Ireland Ltd, Maps | Ltd",
        "You can change your mind at any time",
        "href=\".&#x2f;cookies\"",
        "Choose one by one",
    ] {
        assert!(page.contains(told), "{told}\n{page}");
    }
    let (banner, _) = page.split_once("</section>").unwrap();
    assert!(!banner.contains("Audience measurement"));
}

#[test]
fn what_the_policy_says_in_another_language_only_says_in_which() {
    let page = fetch("/", &[("accept-language", "fr")]).into_body();
    let names = ["Google Ireland Ltd", "Maps | Ltd"]
        .map(|name| format!("<span lang=\"en\" dir=\"auto\">{name}</span>"));
    assert!(page.contains(&names.join(", ")), "{page}");
    let form = fetch("/cookies/preferences?lang=fr", &[]).into_body();
    let titled = "<span lang=\"en\" dir=\"auto\">Widgets of other sites</span></span></summary>";
    assert!(form.contains(titled), "{form}");
}

#[test]
fn a_name_of_a_recipient_and_the_words_around_it_are_escaped() {
    let words = r#"{"recipients": "<i>Also</i> {names}"}"#;
    let policy = CookiePolicy::new([Category::consent("ads")
        .title("Ads")
        .description("Pays for it.")
        .cookie(CookieDeclaration::new("ad").controller("<b>Ads</b>"))])
    .unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let pages = pages.language("en", words).unwrap();
    let banner = pages.banner(&Consent::undecided(policy), "en").unwrap();
    let banner = banner.as_str();
    assert!(banner.contains("&lt;b&gt;Ads&lt;"), "{banner}");
    assert!(
        !banner.contains("<b>") && !banner.contains("<i>"),
        "{banner}"
    );
}

#[test]
fn the_banner_names_no_recipient_of_what_it_does_not_ask_about() {
    let asked = |id, controller| {
        let cookie = CookieDeclaration::new(id).controller(controller);
        let category = Category::consent(id).title(id).description(id);
        category.cookie(cookie)
    };
    let policy = CookiePolicy::builder()
        .categories([asked("films", "Films Ltd"), asked("ads", "Ads Ltd")])
        .regime(
            "us",
            Regime::preset("us-opt-out").basis("ads", Basis::OptOut),
        )
        .build()
        .unwrap();
    let policy = policy.in_regime("us").unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let banner = pages.banner(&Consent::undecided(policy), "en").unwrap();
    let banner = banner.as_str();
    assert!(banner.contains("Films Ltd"), "{banner}");
    assert!(!banner.contains("Ads Ltd"), "{banner}");
}

#[test]
fn accept_and_refuse_differ_only_in_value_and_label() {
    for path in ["/", "/cookies/preferences"] {
        let page = fetch(path, &[]).into_body();
        let button = |value: &str, label: &str| {
            format!(
                r#"<button class="tcc-button" name="decision" value="{value}">{label}</button>"#
            )
        };
        let (accept, refuse) = (
            button("accept", "Accept all"),
            button("refuse", "Refuse all"),
        );
        assert!(page.contains(&format!("{accept}\n{refuse}")), "{page}");
        assert!(!page.contains("checked"), "{path}");
    }
}

#[test]
fn the_form_ticks_only_what_the_visitor_granted_or_objected_to() {
    let cookie = preferences(&post(
        "decision=save&category=tiers&objection=&objection=stats",
    ))
    .unwrap();
    let page = with_cookie("/cookies/preferences", &cookie);
    assert_eq!(page.matches(" checked").count(), 2);
    for (name, id) in [("category", "tiers"), ("objection", "stats")] {
        let (_, rest) = page
            .split_once(&format!("name=\"{name}\" value=\"{id}\""))
            .unwrap();
        assert!(rest.split('>').next().unwrap().contains("checked"), "{id}");
    }
    assert!(page.contains("You made your choice on 2026-09-21. It is valid until 2027-03-22."));
    assert!(!page.contains("value=\"base\""));
}

#[test]
fn the_banner_leads_back_to_the_page_or_the_form() {
    let page = fetch("/a/b?c=d&e=f", &[]).into_body();
    assert!(
        page.contains(r#"name="return_to" value="&#x2f;a&#x2f;b?c=d&amp;e=f""#),
        "{page}"
    );
    let answer = send(site(), request(Method::POST, "/a/b", &[], ""));
    assert!(answer.body().contains("tcc-banner") && !answer.body().contains("return_to"));
    let pages = Pages::at("/cookies", policy()).unwrap();
    let consent = Consent::undecided(policy());
    let banner = pages.banner_on_error_page(&consent, "en").unwrap();
    assert!(!banner.is_empty() && !banner.as_str().contains("return_to"));
}

#[test]
fn after_the_choice_the_page_says_that_it_was_saved() {
    let cookie = preferences(&post("decision=refuse")).unwrap();
    let page = with_cookie("/", &cookie);
    assert!(
        page.contains("<p class=\"tcc-notice\" role=\"status\" lang=\"en\" dir=\"ltr\">Your choice has been saved.</p>")
    );
    let old = cookie.replace("1790000000", "1789999000");
    assert_ne!(old, cookie);
    assert!(!with_cookie("/", &old).contains("tcc-notice"));
}

/// Such a choice keeps the date of the consent that it leaves as it is.
#[test]
fn an_objection_after_earlier_consent_is_confirmed() {
    let accepted = preferences(&post("decision=accept")).unwrap();
    let accepted = accepted.replace("1790000000", "1789000000");
    let object = |cookie: &str, fields: &str| {
        let body = format!("decision=object{fields}");
        let answer = post_with(&[FORM, OWN, ("cookie", cookie)], &body);
        let location = field(&answer, "location").to_owned();
        (location, preferences(&answer).unwrap())
    };
    let saved = "Your choice has been saved.";
    let notice = format!("dir=\"ltr\">{saved}</p>");
    let (location, cookie) = object(&accepted, "");
    assert_eq!(location, "./preferences?notice=saved#main");
    let form = with_cookie("/cookies/preferences?notice=saved", &cookie);
    assert!(form.contains(&notice));
    // Nobody else has chosen, and a choice with its own date needs no more.
    assert!(
        !fetch("/cookies/preferences?notice=saved", &[])
            .body()
            .contains(&notice)
    );
    assert_eq!(object("a=b", "").0, "./preferences#main");
    // From the footer of any page, visitors are led to the confirmation in it.
    let (location, cookie) = object(&accepted, "&surface=footer&return_to=/a/b");
    assert_eq!(location, "../a/b#tcc-saved");
    let hidden = "<p id=\"tcc-saved\" class=\"tcc-saved\" role=\"status\" tabindex=\"-1\" hidden>";
    assert!(with_cookie("/a/b", &cookie).contains(&format!("{hidden}{saved}</p>")));
    assert!(!fetch("/a/b", &[]).body().contains("tcc-saved"));
    for fields in [
        "&return_to=/a/b",
        "&surface=footer&return_to=/a/b&anchor=main",
    ] {
        assert_eq!(object(&accepted, fields).0, "../a/b#main", "{fields}");
    }
}

#[test]
fn the_footer_withdraws_whenever_something_is_granted() {
    let shown = |page: &str| {
        let (_, rest) = page.split_once("class=\"tcc-withdraw\"").unwrap();
        !rest.split('>').next().unwrap().contains("hidden")
    };
    assert!(!shown(&fetch("/", &[]).into_body()));
    for (body, granted) in [
        ("decision=accept", true),
        ("decision=save&category=internes", true),
        ("decision=refuse", false),
        ("decision=save", false),
    ] {
        let page = with_cookie("/", &preferences(&post(body)).unwrap());
        assert_eq!(shown(&page), granted, "{body}");
        assert!(page.contains("Manage cookies"));
    }
    // On the cookie policy page too.
    for (body, granted) in [("decision=accept", true), ("decision=refuse", false)] {
        let page = with_cookie("/cookies", &preferences(&post(body)).unwrap());
        assert_eq!(shown(&page), granted, "{body}");
    }
    // Granted, but overridden by the signal for now: there is still something to withdraw.
    let cookie = preferences(&post("decision=accept")).unwrap();
    let page = fetch("/", &[("cookie", &cookie), ("sec-gpc", "1")]).into_body();
    assert!(shown(&page));
}

#[test]
fn the_footer_objects_while_something_exempt_runs() {
    let shown = |page: &str| {
        let (_, rest) = page.split_once("class=\"tcc-object\"").unwrap();
        !rest.split('>').next().unwrap().contains("hidden")
    };
    let first = fetch("/", &[]).into_body();
    assert!(shown(&first), "before a choice");
    assert!(first.contains("value=\"object\">Object to: Audience measurement</button>"));
    for (body, runs) in [
        ("decision=accept", true),
        ("decision=save&category=internes", true),
        ("decision=refuse", false),
        ("decision=object", false),
        ("decision=save&objection=stats", false),
    ] {
        let cookie = preferences(&post(body)).unwrap();
        assert_eq!(shown(&with_cookie("/", &cookie)), runs, "{body}");
        assert_eq!(shown(&with_cookie("/cookies", &cookie)), runs, "{body}");
        let form = with_cookie("/cookies/preferences", &cookie);
        assert_eq!(form.contains("value=\"object\""), runs, "{body}");
    }
    // The signal does not stop these statistics.
    let page = fetch("/", &[("sec-gpc", "1")]).into_body();
    assert!(shown(&page));
}

#[test]
fn a_policy_without_exemptions_has_no_objection_button() {
    let ads = Category::consent("ads").title("Ads").description("Pays.");
    let policy = CookiePolicy::new([ads]).unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let footer = pages.footer(&Consent::undecided(policy), "en").unwrap();
    assert!(!footer.as_str().contains("object"), "{footer}");
}

#[test]
fn an_opt_out_category_can_be_objected_to() {
    let sale = Category::opt_out("sale").title("Sale & <sharing>");
    let policy = CookiePolicy::new([sale]).unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let footer = pages.footer(&Consent::undecided(policy), "fr").unwrap();
    let label =
        "S’opposer à : <span lang=\"en\" dir=\"auto\">Sale &amp; &lt;sharing&gt;</span></button>";
    assert!(footer.as_str().contains(label), "{footer}");
}

#[test]
fn the_form_mentions_the_signal() {
    assert!(
        !fetch("/cookies/preferences", &[])
            .body()
            .contains("Global Privacy Control")
    );
    let page = fetch("/cookies/preferences", &[("sec-gpc", "1")]).into_body();
    assert!(page.contains("Global Privacy Control"));
}

#[test]
fn a_tenant_with_fewer_texts_still_gets_a_banner() {
    let bare = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let pages = Pages::at("/cookies", policy()).unwrap();
    let banner = pages.banner(&Consent::undecided(bare), "en").unwrap();
    assert!(
        banner.as_str().contains("<strong>ads</strong></li>"),
        "{banner}"
    );
}
