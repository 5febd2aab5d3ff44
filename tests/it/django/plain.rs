//! The visit of a plain HTTP client.

use http::{Method, Response, StatusCode};

use super::{Does, Step, WALK, portal::Portal, visitor::Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_of_django_keeps_only_what_they_may_at_every_step() {
    let Some(portal) = Portal::start() else {
        return;
    };
    let mut visitor = Visitor::of(portal.proxy.url(""));
    for (number, Step { does, keeps }) in WALK.iter().enumerate() {
        let page = act(&mut visitor, *does).await;
        assert_eq!(page.status(), StatusCode::OK, "step {number}: {does:?}");
        assert_eq!(visitor.names(), *keeps, "step {number}: {does:?}");

        // The application does not see any others either. (It may see once more what it was just
        // refused to set: nothing.)
        let seen = visitor.get("/cookies/").await;
        let seen: serde_json::Value = serde_json::from_str(seen.body()).unwrap();
        assert_eq!(seen["names"], serde_json::json!(keeps), "step {number}");
    }
    assert!(!visitor.ever.contains(&"ab_group".to_owned()));
}

async fn act(visitor: &mut Visitor, does: Does) -> Response<String> {
    let page = match does {
        Does::Open => visitor.get("/").await,
        Does::SignIn => {
            let fields = "username=ada&password=for+the+tests";
            visitor.submit("/login/", "/login/", fields).await
        }
        Does::SwitchLanguage => visitor.submit("/", "/i18n/", "next=/&language=fr").await,
        Does::Comment => visitor.submit("/", "/comment/", "text=Bonjour").await,
        Does::Answer(answer) => {
            let fields = format!("answer={answer}");
            visitor.submit("/", "/choice/", &fields).await
        }
        Does::SignOut => visitor.submit("/", "/logout/", "").await,
    };
    let shows = |text: &str| assert!(page.body().contains(text), "{does:?}: {}", page.body());
    match does {
        Does::Open | Does::SignOut => shows("<p id=\"user\">nobody</p>"),
        Does::SwitchLanguage => shows("<html lang=\"fr\">"),
        Does::Comment => shows("<li>Bonjour</li>"),
        Does::SignIn | Does::Answer(_) => shows("<p id=\"user\">ada</p>"),
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_token_is_refused_by_django_itself() {
    let Some(portal) = Portal::start() else {
        return;
    };
    let mut visitor = Visitor::of(portal.proxy.url(""));
    visitor.get("/").await;
    let form = "text=forged".to_owned();
    let answer = visitor.send(Method::POST, "/comment/", form).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(visitor.names(), ["_pk_id.1.abcd", "csrftoken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_proxy_django_sets_everything_at_once() {
    let Some(portal) = Portal::start() else {
        return;
    };
    let mut visitor = Visitor::of(portal.django.url(""));
    visitor.get("/").await;
    assert_eq!(
        visitor.names(),
        [
            "_ga",
            "_ga_ABCDEF",
            "_pk_id.1.abcd",
            "ab_group",
            "csrftoken",
            "parcours",
            "recommandations"
        ]
    );
}
