//! Nested consent layers: each judges its own choice, and lets those of the others pass.

use std::{convert::Infallible, future::ready};

use futures_executor::block_on;
use http::{Request, Response, header::SET_COOKIE};
use tower::{Layer, Service, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Undeclared,
    layer::Enforcement,
    preferences::{PreferencesCookie, SameSite},
};

use crate::support::{NOW, Witness, at, request, response};

/// Returns a layer with a preferences cookie of this name and one consent cookie `ad_…`. The
/// cookies of the other layers are declared as necessary, as a site with two of them must do.
fn layer_of(name: &str) -> CookieConsentLayer {
    let others = ["one", "two", "three"].into_iter();
    let others = others.filter(|other| *other != name);
    let others = others.map(|other| CookieDeclaration::new(format!("ad_{other}")));
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new(name).same_site(SameSite::Lax))
        .category(Category::necessary("base").cookies(others))
        .category(Category::consent("ads").cookie(CookieDeclaration::new(format!("ad_{name}"))));
    CookieConsentLayer::new(policy.build().unwrap()).with_clock(|| at(NOW))
}

/// Returns the `Set-Cookie` headers that leave the layers, the first of which is the outermost.
fn through(
    layers: &[CookieConsentLayer],
    asked: Request<()>,
    answer: impl Fn(&Request<()>) -> Response<()>,
) -> Vec<String> {
    let service = service_fn(|asked: Request<()>| ready(Ok::<_, Infallible>(answer(&asked))));
    let Ok(response) = match layers {
        [one] => block_on(one.layer(service).call(asked)),
        [one, two] => block_on(one.layer(two.layer(service)).call(asked)),
        [one, two, three] => block_on(one.layer(two.layer(three.layer(service))).call(asked)),
        _ => unreachable!("one to three"),
    };
    let fields = response.headers().get_all(SET_COOKIE);
    fields
        .iter()
        .map(|field| field.to_str().unwrap().to_owned())
        .collect()
}

fn refusal(name: &str) -> String {
    let value = format!("%7B%22ads%22%3Afalse%2C%22timestamp%22%3A{NOW}%2C%22revision%22%3A1%7D");
    format!("{name}={value}; Path=/; Secure; SameSite=Lax; Max-Age=15724800")
}

fn removes(left: &[String], name: &str) -> bool {
    let removal = format!("{name}=; ");
    left.iter()
        .any(|field| field.starts_with(&removal) && field.contains("Max-Age=0"))
}

/// The handler finds the consent of the innermost layer.
#[test]
fn inner_refusal_and_its_removals_pass() {
    for layers in [["one", "two"], ["two", "one"]] {
        let [outer, inner] = layers;
        let both = layers.map(layer_of);
        let left = through(&both, request::<&str>([]), |asked| {
            let consent: &Consent = asked.extensions().get().unwrap();
            assert_eq!(consent.policy().preferences_cookie().name(), inner);
            let set = consent.set_cookie(consent.refuse_all()).header_value();
            response([set.as_bytes()])
        });
        assert!(left[0].starts_with(&format!("{inner}=%7B")), "{left:?}");
        assert!(removes(&left, &format!("ad_{inner}")), "{left:?}");
        assert!(!removes(&left, &format!("ad_{outer}")), "{left:?}");
        // With it, the inner layer knows what was refused.
        let cookie = left[0].split(';').next().unwrap().to_owned();
        let asked = request([("cookie", format!("{cookie}; ad_{inner}=1"))]);
        let left = through(&both, asked, |asked| {
            let consent: &Consent = asked.extensions().get().unwrap();
            assert!(!consent.needs_choice());
            response([format!("ad_{inner}=2")])
        });
        assert!(!left.contains(&format!("ad_{inner}=2")), "{left:?}");
        assert!(removes(&left, &format!("ad_{inner}")), "{left:?}");
    }
}

/// It knows the outer layers by the consent that they leave in the request.
#[test]
fn inner_layer_spares_the_outer_choice_when_cookies_clear() {
    let layers = [layer_of("one"), layer_of("two").spare_choice(true)];
    let asked = request([("cookie", "one=1; two=2; session=3")]);
    let left = through(&layers, asked, |_| {
        let mut answer = response::<&str>([]);
        let field = "\"cookies\"".parse().unwrap();
        answer.headers_mut().insert("clear-site-data", field);
        answer
    });
    assert!(removes(&left, "session"), "{left:?}");
    assert!(!removes(&left, "one") && !removes(&left, "two"), "{left:?}");
}

#[test]
fn each_choice_passes_the_layers_around_it_and_within() {
    let names = ["one", "two", "three"];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let layers = order.map(|at| layer_of(names[at]));
        for name in names {
            let set = refusal(name);
            let left = through(&layers, request::<&str>([]), |_| response([&set]));
            assert_eq!(left[0], set, "{order:?}");
            assert!(removes(&left, &format!("ad_{name}")), "{order:?} {left:?}");
            let removed = left.iter().filter(|field| field.contains("Max-Age=0"));
            let own = format!("ad_{name}=");
            assert!(
                removed.clone().all(|field| field.starts_with(&own)),
                "{left:?}"
            );
        }
        // All at once.
        let set = names.map(refusal);
        let left = through(&layers, request::<&str>([]), |_| response(&set));
        assert!(
            set.iter().all(|set| left.contains(set)),
            "{order:?} {left:?}"
        );
    }
}

#[test]
fn only_choices_of_other_layers_pass() {
    for order in [["one", "two"], ["two", "one"]] {
        let layers = order.map(layer_of);
        for name in order {
            for value in [
                "visitor-4711",
                "",
                "%7B%22uid%22%3A4711%2C%22timestamp%22%3A1%7D",
            ] {
                let set = format!("{name}={value}; Path=/; Max-Age=34000000");
                let left = through(&layers, request::<&str>([]), |_| response([&set]));
                assert_eq!(left, [""; 0], "{order:?}");
            }
        }
        let left = through(&layers, request::<&str>([]), |_| {
            response([refusal("three")])
        });
        assert_eq!(left, [""; 0], "a layer that is not there");
    }
}

/// The switches of either layer do not change this, nor does a pattern of the other.
#[test]
fn inner_refusal_passes_whatever_the_switches() {
    let set = refusal("two");
    let wide = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("one"))
        .category(Category::necessary("base").cookie(CookieDeclaration::new("ad_two")))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("t*")));
    let wide = CookieConsentLayer::new(wide.build().unwrap()).with_clock(|| at(NOW));
    let response_only = |layer: CookieConsentLayer| {
        layer
            .filter_request(false)
            .limit_exempt(false)
            .expire(Expire::Never)
            .expose_consent(false)
    };
    let outer = [
        layer_of("one"),
        layer_of("one").undeclared(Undeclared::Hide),
        layer_of("one").undeclared(Undeclared::Allow),
        layer_of("one").expose_consent(false),
        layer_of("one").observe(Witness::of_all()),
        response_only(layer_of("one")),
        wide,
    ];
    let inner = [
        layer_of("two"),
        layer_of("two").expose_consent(false),
        layer_of("two").report_only(true),
        layer_of("two").enforcement(Enforcement::Off),
        layer_of("two").observe(Witness::of_all()),
        response_only(layer_of("two")),
    ];
    for outer in &outer {
        for inner in &inner {
            let layers = [outer.clone(), inner.clone()];
            let left = through(&layers, request::<&str>([]), |_| response([&set]));
            assert_eq!(left.first(), Some(&set), "{layers:?}");
        }
    }
}

#[test]
fn layers_of_one_name_and_policy_let_one_choice_pass() {
    let layers = [layer_of("one"), layer_of("one")];
    let left = through(&layers, request::<&str>([]), |asked| {
        let consent: &Consent = asked.extensions().get().unwrap();
        let set = consent.set_cookie(consent.refuse_all()).header_value();
        response([set.as_bytes()])
    });
    assert!(left[0].starts_with("one=%7B"), "{left:?}");
    assert!(removes(&left, "ad_one"), "{left:?}");
}

#[test]
fn the_choice_of_another_layer_is_not_reported() {
    let witness = Witness::of_all();
    let layers = [layer_of("one").observe(witness.clone()), layer_of("two")];
    let left = through(&layers, request::<&str>([]), |_| response([refusal("two")]));
    assert_eq!(left[0], refusal("two"));
    let lines = witness.take();
    let of_two = |line: &&String| line.split(' ').any(|word| word == "two");
    assert_eq!(lines.iter().filter(of_two).count(), 0, "{lines:?}");
}
