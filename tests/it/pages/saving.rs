//! Saving the form as it was rendered: services follow their categories until visitors answer for them.

use axum::Router;
use http::{Method, StatusCode};
use serde_json::Value;
use tower_cookie_consent::{
    Basis, Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::Pages,
    policy::Service,
    regimes::{Regime, Whereabouts},
};

use super::{
    FORM, NOW, OWN, field, now, preferences, rendered::Rendered, request, send, set_cookies,
};

/// The place of the visitor, if the layer asks for it. Statistics are exempt in all of these.
const PLACES: [Option<&str>; 4] = [None, Some("japan"), Some("us-opt-out"), Some("none")];

fn policy() -> CookiePolicy {
    let service = |id: &str, cookie: &str| {
        let cookie = CookieDeclaration::new(cookie);
        Service::new(id).title(id).cookie(cookie)
    };
    let mut builder = CookiePolicy::builder()
        .category(
            Category::exempt("stats")
                .title("Statistics")
                .service(service("matomo", "_pk_id")),
        )
        .category(
            Category::consent("media")
                .title("Media")
                .description("Shows what others host.")
                .services([service("films", "viewer"), service("maps", "tiles")]),
        )
        .category(
            Category::consent("ads")
                .title("Ads")
                .description("Pays for it.")
                .services([service("auction", "bid")]),
        );
    for regime in PLACES.into_iter().flatten() {
        let preset = Regime::preset(regime).basis("media", Basis::Consent);
        let preset = match regime {
            "us-opt-out" => preset.basis("ads", Basis::OptOut),
            _ => preset.basis("ads", Basis::Consent),
        };
        builder = builder.regime(regime, preset);
    }
    builder.build().unwrap()
}

/// A visitor of a site, with the cookies of everything that is declared.
struct Visitor {
    site: Router,
    preferences: String,
    /// The names of the cookies that the last choice removed.
    removed: Vec<String>,
}

impl Visitor {
    fn at(place: Option<&'static str>) -> Self {
        let mut layer = CookieConsentLayer::new(policy()).with_clock(now);
        if let Some(place) = place {
            layer = layer.regime_for(move |_| Whereabouts::Regime(place));
        }
        let pages = Pages::at("/cookies", policy()).unwrap();
        Self {
            site: Router::new().layer(pages).layer(layer),
            preferences: "a=b".to_owned(),
            removed: Vec::new(),
        }
    }

    fn cookies(&self) -> String {
        let declared = "_pk_id=1; viewer=1; tiles=1; bid=1";
        format!("{}; {declared}", self.preferences)
    }

    fn get(&self, path: &str) -> String {
        let cookies = [("cookie", &*self.cookies())];
        send(self.site.clone(), request(Method::GET, path, &cookies, "")).into_body()
    }

    fn form(&self) -> Rendered {
        Rendered::with(&self.get("/cookies/preferences"), "save")
    }

    /// Sends a choice, and returns where it leads.
    fn post(&mut self, body: &str) -> String {
        let cookies = self.cookies();
        let headers = [FORM, OWN, ("cookie", &*cookies)];
        let asked = request(Method::POST, "/cookies/preferences", &headers, body);
        let answer = send(self.site.clone(), asked);
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{body}");
        self.preferences = preferences(&answer).unwrap();
        let fields = set_cookies(&answer).into_iter();
        let removals = fields.filter(|field| field.contains("Max-Age=0"));
        let names = removals.map(|field| field.split('=').next().unwrap().to_owned());
        self.removed = names.collect();
        field(&answer, "location").to_owned()
    }

    fn save(&mut self, form: &Rendered) {
        self.post(&form.body("save"));
    }

    /// Returns the effect on a category or service, and the visitor's own answer.
    fn state(&self, id: &str) -> (bool, Option<bool>) {
        let state: Value = serde_json::from_str(&self.get("/cookies/state")).unwrap();
        let categories = state["categories"].as_array().unwrap();
        let mut units = categories.iter().flat_map(|category| {
            let services = category["services"].as_array().unwrap();
            [category].into_iter().chain(services)
        });
        let unit = units.find(|unit| unit["id"] == id).unwrap();
        (unit["allowed"] == true, unit["answer"].as_bool())
    }

    fn states(&self, ids: &[&str]) -> Vec<(bool, Option<bool>)> {
        ids.iter().map(|id| self.state(id)).collect()
    }

    fn has_lost(&self, name: &str) -> bool {
        self.removed.iter().any(|removed| removed == name)
    }
}

const NO: (bool, Option<bool>) = (false, Some(false));
const YES: (bool, Option<bool>) = (true, Some(true));
/// Allowed with its category.
const FOLLOWS: (bool, Option<bool>) = (true, None);

#[test]
fn an_objection_on_the_form_ends_services_of_its_category() {
    for place in PLACES {
        let mut visitor = Visitor::at(place);
        let form = visitor.form();
        assert!(form.ticked().contains(&"matomo"), "{place:?}");
        visitor.save(&form.set("objection", "stats", true));
        assert_eq!(visitor.states(&["stats", "matomo"]), [NO, NO], "{place:?}");
        assert!(visitor.has_lost("_pk_id"), "{place:?}");
        // Also one that was allowed on its own, and where the form does not show it.
        for services in ["", "services=shown&service=matomo&"] {
            let mut visitor = Visitor::at(place);
            visitor.post("decision=deny&service=matomo");
            visitor.post("decision=allow&service=matomo");
            assert_eq!(visitor.state("matomo"), YES, "{place:?}");
            visitor.post(&format!(
                "{services}objection=&objection=stats&decision=save"
            ));
            assert_eq!(visitor.states(&["stats", "matomo"]), [NO, NO], "{place:?}");
            assert!(visitor.has_lost("_pk_id"), "{place:?} {services}");
        }
    }
}

#[test]
fn an_opt_out_on_the_form_ends_services_of_its_category() {
    let mut visitor = Visitor::at(Some("us-opt-out"));
    let form = visitor.form();
    assert!(form.ticked().contains(&"auction"));
    visitor.save(&form.set("objection", "ads", true));
    assert_eq!(visitor.states(&["ads", "auction"]), [NO, NO]);
    assert!(visitor.has_lost("bid"));
    // The rest of the form has opted out of nothing.
    assert_eq!(visitor.state("matomo"), FOLLOWS);
}

#[test]
fn an_unticked_category_takes_services_along() {
    for place in PLACES {
        let mut visitor = Visitor::at(place);
        visitor.post("decision=accept");
        let form = visitor.form();
        assert!(form.ticked().contains(&"films"), "{place:?}");
        visitor.save(&form.set("category", "media", false));
        let states = visitor.states(&["media", "films", "maps"]);
        assert_eq!(states, [NO, NO, NO], "{place:?}");
        for name in ["viewer", "tiles"] {
            assert!(visitor.has_lost(name), "{place:?}: {name}");
        }
        assert!(!visitor.has_lost("_pk_id"), "{place:?}");
    }
}

#[test]
fn saving_around_services_grants_them_nothing_of_their_own() {
    for place in PLACES {
        let mut visitor = Visitor::at(place);
        visitor.save(&visitor.form());
        assert_eq!(visitor.state("matomo"), FOLLOWS, "{place:?}");
        assert_eq!(visitor.states(&["media", "films"]), [NO, NO], "{place:?}");
        visitor.post("decision=accept");
        visitor.save(&visitor.form().set("service", "maps", false));
        let states = visitor.states(&["media", "films", "maps", "stats", "matomo"]);
        assert_eq!(states, [YES, FOLLOWS, NO, YES, FOLLOWS], "{place:?}");
        visitor.post("decision=object");
        assert!(!visitor.state("matomo").0, "{place:?}");
        visitor.save(&visitor.form().set("category", "media", false));
        assert_eq!(visitor.states(&["media", "films"]), [NO, NO], "{place:?}");
    }
}

#[test]
fn a_service_that_was_ticked_on_its_own_stays_allowed() {
    for place in PLACES {
        let mut visitor = Visitor::at(place);
        visitor.save(&visitor.form().set("service", "films", true));
        assert_eq!(visitor.states(&["media", "films"]), [NO, YES], "{place:?}");
        // Saved again as it is, and with its category, which is then unticked.
        visitor.save(&visitor.form());
        assert_eq!(visitor.states(&["media", "films"]), [NO, YES], "{place:?}");
        visitor.save(&visitor.form().set("category", "media", true));
        assert_eq!(visitor.states(&["media", "films"]), [YES, YES], "{place:?}");
        visitor.save(&visitor.form().set("category", "media", false));
        assert_eq!(visitor.states(&["media", "films"]), [NO, YES], "{place:?}");
    }
}

/// Browsers press the first button of a form when Enter is pressed in one of its boxes (HTML, "implicit
/// submission").
#[test]
fn enter_in_a_box_saves_what_is_ticked() {
    for place in PLACES {
        let mut visitor = Visitor::at(place);
        for accepts_before in [false, true] {
            if accepts_before {
                visitor.post("decision=accept");
            }
            let page = visitor.get("/cookies/preferences");
            let forms = Rendered::all(&page);
            let with_boxes: Vec<_> = forms.iter().filter(|form| form.has_boxes()).collect();
            assert_eq!(with_boxes.len(), 1, "{place:?}");
            assert_eq!(with_boxes[0].buttons[0], "save", "{place:?}");
            // Accepting and refusing come first, and with the same fields.
            assert_eq!(forms[0].buttons, ["accept", "refuse"], "{place:?}");
            let fields = ["revision=1", "texts=", "lang=en", "surface=form"];
            for field in fields {
                for body in [forms[0].body("accept"), with_boxes[0].body("save")] {
                    assert!(body.contains(field), "{field}: {body}");
                }
            }
        }
    }
}

#[test]
fn the_opt_out_page_confirms_beside_older_consent() {
    let mut visitor = Visitor::at(Some("us-opt-out"));
    visitor.post("decision=accept");
    let older = (NOW - 86_400).to_string();
    visitor.preferences = visitor.preferences.replace(&NOW.to_string(), &older);
    let location = visitor.post("decision=opt_out");
    assert_eq!(location, "./opt-out?notice=saved#main");
    let page = visitor.get("/cookies/opt-out?notice=saved");
    let notice = "<p class=\"tcc-notice\"";
    assert!(page.contains(notice), "{page}");
    assert!(!visitor.get("/cookies/opt-out").contains(notice));
    // Another language asks the same question.
    let page = visitor.get("/cookies/opt-out?confirm");
    assert!(page.contains("href=\"?lang=fr&amp;confirm\""), "{page}");
}

#[test]
fn accepting_all_asks_again_about_a_denied_service() {
    for (place, asks) in [(Some("us-opt-out"), true), (Some("japan"), false)] {
        let mut visitor = Visitor::at(place);
        visitor.post("decision=accept");
        visitor.post("decision=deny&service=auction");
        assert_eq!(visitor.states(&["ads", "auction"]), [YES, NO], "{place:?}");
        let location = visitor.post("decision=accept");
        assert_eq!(location.contains("opt-out?confirm"), asks, "{location}");
        let service = if asks { NO } else { FOLLOWS };
        let states = visitor.states(&["media", "ads", "auction"]);
        assert_eq!(states, [YES, YES, service], "{place:?}");
    }
}

#[test]
fn the_question_names_the_service_and_its_answer_counts() {
    let mut visitor = Visitor::at(Some("us-opt-out"));
    visitor.post("decision=deny&service=auction");
    visitor.post("decision=accept");
    let page = visitor.get("/cookies/opt-out?confirm");
    assert!(page.contains("allow this again: auction?"), "{page}");
    visitor.post("decision=opt_in");
    assert_eq!(visitor.states(&["ads", "auction"]), [YES, YES]);
    // A refusal allows nothing again.
    visitor.post("decision=deny&service=auction");
    let location = visitor.post("decision=refuse");
    assert!(!location.contains("confirm"), "{location}");
}
