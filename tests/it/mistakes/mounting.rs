//! Pages mounted where they do not belong.

use axum::{Router, routing::get};
use tower_cookie_consent::{observe::Mistake, pages::Pages, preferences::PreferencesCookie};

use super::{assert_in_guide, get_all, listening, policy_with, sentences, told};

#[test]
fn pages_at_another_path_are_reported() {
    let policy = policy_with(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let pages = Pages::at("/cookies", policy).unwrap();
    let right = Router::new()
        .nest_service("/cookies", pages.clone())
        .layer(layer.clone());
    get_all(&right, &["/cookies", "/cookies/preferences"]);
    assert_eq!(told(&list), []);
    let wrong = Router::new().nest_service("/legal", pages).layer(layer);
    get_all(&wrong, &["/legal", "/legal/preferences"]);
    assert_eq!(told(&list), [Mistake::PagesElsewhere]);
    let says = &list.lock().unwrap()[0].2;
    assert!(
        says.contains("\"/cookies\"") && says.contains("Pages::at"),
        "{says}"
    );
}

#[test]
fn pages_with_nothing_below_are_reported() {
    let policy = policy_with(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let wrong = Router::new()
        .route_service("/cookies", pages)
        .layer(layer.clone());
    // What browsers load with the page is answered 404 by the router.
    get_all(&wrong, &["/cookies", "/cookies/style.css", "/cookies"]);
    assert_eq!(told(&list), []);
    get_all(&wrong, &["/cookies", "/cookies"]);
    assert_eq!(told(&list), [Mistake::PagesNotNested]);
    assert!(list.lock().unwrap()[0].2.contains("nest_service"));

    let pages = Pages::at("/cookies", policy).unwrap();
    let right = Router::new().nest_service("/cookies", pages).layer(layer);
    get_all(
        &right,
        &[
            "/cookies",
            "/cookies/preferences",
            "/cookies",
            "/cookies",
            "/cookies",
        ],
    );
    assert_eq!(told(&list), [Mistake::PagesNotNested], "no second one");
}

/// The routes of a part of the site, with the pages in it.
fn shop(pages: Pages) -> Router {
    Router::new()
        .route("/", get(async || "shop"))
        .nest_service("/cookies", pages)
}

#[test]
fn pages_in_a_nested_router_need_its_prefix() {
    let policy = policy_with(PreferencesCookie::default());
    let paths = ["/shop/cookies", "/shop/cookies/preferences"];
    let pages = |path: &str| Pages::at(path, policy.clone()).unwrap();
    let (layer, list) = listening(&policy);
    let right = Router::new().nest("/shop", shop(pages("/shop/cookies")));
    get_all(&right.layer(layer.clone()), &paths);
    // The layer in the nested router sees paths without the prefix.
    let inside = Router::new().nest("/shop", shop(pages("/cookies")).layer(layer.clone()));
    get_all(&inside, &paths);
    assert_eq!(told(&list), []);

    let wrong = Router::new().nest("/shop", shop(pages("/cookies")));
    get_all(&wrong.layer(layer), &paths);
    assert_eq!(told(&list), [Mistake::PagesElsewhere]);
    let says = "the pages were requested at another path than \"/cookies\", so that the links of banner and \
                footer lead nowhere: give Pages::at the path at which the layer sees them";
    assert_eq!(sentences(&list), [says]);
    assert_in_guide(says);
}

/// `nest` with a router that has the pages as one route: `route_service` in other words.
#[test]
fn pages_as_a_route_of_a_nested_router_are_reported() {
    let policy = policy_with(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let pages = Pages::at("/cookies", policy).unwrap();
    let inner = Router::new().route_service("/", pages);
    let wrong = Router::new().nest("/cookies", inner).layer(layer);
    let style = "/cookies/style.css";
    get_all(
        &wrong,
        &[
            "/cookies", style, "/cookies", style, "/cookies", style, "/cookies",
        ],
    );
    let says = "visitors read the page at \"/cookies\", and no style sheet and no form below it was ever \
                requested: mount the pages with nest_service (axum's route_service serves one path alone), \
                or route \"/cookies/\" to them too";
    assert_eq!(sentences(&list), [says]);
    assert_in_guide(says);
}
