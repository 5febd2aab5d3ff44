//! Cookies that another host of the domain has set.

use axum::{body::Body, http::Request};
use tower::ServiceExt;
use tower_cookie_consent::preferences::PreferencesCookie;

use super::{
    super::every_store::Stores,
    site::{Settings, Site},
};

#[tokio::test]
async fn a_cookie_that_nobody_signed_does_not_count() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let mut device = site.device();
    device.log_in("ada").await;
    device.allow(&["ads", "films"]).await;
    let signed = device.of_account().cloned().unwrap();
    let value = signed.split('.').next().unwrap();
    for forged in [
        value.to_owned(),
        signed.replace("false", "true").replace("1%7D", "2%7D"),
        format!("{signed}0"),
        signed.to_ascii_uppercase(),
    ] {
        let mut other = site.device();
        other
            .jar
            .insert("__Host-account_choice".to_owned(), forged.clone());
        assert_eq!(other.open().await, "- -", "{forged}");
        assert_eq!(other.of_account(), None);
    }
    // A second one, planted beside the right one, can only take away.
    let mut planted = site.device();
    planted.account = Some("ada");
    planted.allow(&[]).await;
    let refusal = planted.of_account().cloned().unwrap();
    let both = format!("__Host-account_choice={signed}; __Host-account_choice={refusal}");
    let request = Request::get("/")
        .header("host", "shop.example")
        .header("cookie", both);
    let response = site
        .app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await;
    let body = axum::body::to_bytes(response.unwrap().into_body(), 99)
        .await
        .unwrap();
    assert_eq!(&body[..], b"- -");
}

#[tokio::test]
async fn a_cookie_for_a_domain_has_a_plain_name() {
    let stores = Stores::new();
    let settings = Settings {
        cookie: PreferencesCookie::default().domain("shop.example"),
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let mut device = site.device();
    device.log_in("ada").await;
    let response = device
        .send("POST", "/cookies/preferences", "decision=accept")
        .await;
    let fields = response.headers().get_all("set-cookie").iter();
    let fields: Vec<_> = fields.map(|field| field.to_str().unwrap()).collect();
    let found = fields
        .iter()
        .find(|field| field.starts_with("account_choice="));
    let attributes = found.unwrap().split_once(';').unwrap().1;
    for wanted in [
        "Domain=shop.example",
        "HttpOnly",
        "Secure",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(attributes.contains(wanted), "{attributes}");
    }
    assert_eq!(device.open().await, "ads films");
}

/// Returns the value of a preferences cookie that is made up, as of now.
fn made_up(answers: &str) -> String {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    format!("{{{answers},\"timestamp\":{now},\"revision\":1}}")
        .replace('{', "%7B")
        .replace('}', "%7D")
        .replace('"', "%22")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

/// What the visitor allows on a device by themselves, later than the account refused it, counts where no other host
/// of the domain can have set it.
#[tokio::test]
async fn a_planted_grant_is_not_later_than_a_refusal() {
    let answers = r#""ads":true,"films":false,"tube":true,"stats":true"#;
    for (name, expected) in [
        ("cookies_preferences", "- - [\"ads\", \"tube\"] Latest"),
        ("__Secure-choice", "- - [\"ads\", \"tube\"] Latest"),
        ("__Host-choice", "ads - [\"ads\", \"tube\"] Latest"),
    ] {
        for url in &Stores::new().urls {
            let settings = Settings {
                cookie: PreferencesCookie::new(name),
                ..Settings::default()
            };
            let site = Site::new(url, settings).await;
            let mut device = site.device();
            device.log_in("ada").await;
            device.allow(&[]).await;
            device.log_out().await;
            tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
            device.jar.insert(name.to_owned(), made_up(answers));
            assert_eq!(device.log_in("ada").await, expected, "{url}");
            let is_planted = !name.starts_with("__Host-");
            assert_eq!(device.open().await.starts_with("- -"), is_planted);
            let (mut other, allowed) = (site.device(), if is_planted { "" } else { "ads " });
            other.log_in("ada").await;
            let tube = if is_planted { "" } else { "tube " };
            assert_eq!(other.allowed().await, format!("{allowed}{tube}stats"));
            let recorded = site.recorded("ada").await;
            assert_eq!(
                recorded.iter().any(|it| it == "merged granted"),
                !is_planted
            );
        }
    }
}

/// The notice says for each which rule it was.
#[tokio::test]
async fn the_notice_says_which_answer_counts() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let mut device = site.device();
    device.log_in("ada").await;
    device.allow(&["films"]).await;
    device.log_out().await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    device.allow(&["ads"]).await;
    device.account = Some("ada");
    let said = device.read("/fragments").await;
    for (id, whose) in [
        ("ads", "The choice of your account counts."),
        ("films", "The later choice counts."),
    ] {
        let notice = format!("had different choices about: {id}. {whose}");
        assert!(said.contains(&notice), "{said}");
    }
    assert_eq!(device.open().await, "- -");
}

/// Another host can take consent away, as from a visitor who is logged out.
#[tokio::test]
async fn a_planted_refusal_counts() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let mut device = site.device();
    device.log_in("ada").await;
    device.allow(&["ads", "films"]).await;
    device.log_out().await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let answers = r#""films":false"#;
    let planted = made_up(answers);
    device.jar.insert("cookies_preferences".to_owned(), planted);
    device.log_in("ada").await;
    assert_eq!(device.open().await, "ads -");
}
