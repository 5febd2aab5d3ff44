//! The example `hyper_service`, as a process.

use http::{Request, StatusCode, header::SET_COOKIE};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::support::process::{Server, example};

#[tokio::test(flavor = "multi_thread")]
async fn the_hyper_service_enforces_over_http1_and_http2() {
    let mut service = Server::start(example("hyper_service").args(["--listen", "127.0.0.1:0"]));
    for http2 in [false, true] {
        let client = Client::builder(TokioExecutor::new())
            .http2_only(http2)
            .build_http::<Full<Bytes>>();
        let send = async |method, path, cookie: &str, body: &'static str| {
            let request = Request::builder()
                .method(method)
                .uri(service.url(path))
                .header("cookie", cookie)
                .header("content-type", "application/json")
                .header("sec-fetch-site", "same-origin")
                .body(body.into());
            let response = client.request(request.unwrap()).await.unwrap();
            let (head, body) = response.into_parts();
            let fields = head.headers.get_all(SET_COOKIE).iter();
            let cookies: Vec<_> = fields
                .map(|field| field.to_str().unwrap().to_owned())
                .collect();
            let body = body.collect().await.unwrap().to_bytes();
            (
                head.status,
                cookies,
                String::from_utf8_lossy(&body).into_owned(),
            )
        };

        let (status, cookies, body) = send("GET", "/", "x=1", "").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(cookies, ["sessionid=abc; Path=/; HttpOnly; SameSite=Lax"]);
        assert!(
            body.contains("ads allowed: false, choice needed: true"),
            "{body}"
        );
        for button in ["value=\"accept\"", "value=\"refuse\""] {
            assert!(body.contains(button), "{body}");
        }
        let (status, _, charter) = send("GET", "/cookies", "x=1", "").await;
        assert_eq!(status, StatusCode::OK);
        assert!(charter.contains("sessionid"), "{charter}");

        let preferences = "/cookies/preferences";
        let accept = r#"{"decision":"accept"}"#;
        let (status, cookies, _) = send("POST", preferences, "x=1", accept).await;
        assert_eq!(status, StatusCode::OK);
        let [accepted] = &cookies[..] else {
            panic!("{cookies:?}");
        };
        let accepted = accepted.split(';').next().unwrap();
        let (_, cookies, body) = send("GET", "/", accepted, "").await;
        assert_eq!(cookies.len(), 2, "{cookies:?}");
        assert!(
            body.contains("ads allowed: true, choice needed: false"),
            "{body}"
        );

        let refuse = r#"{"decision":"refuse"}"#;
        let (_, cookies, _) =
            send("POST", preferences, &format!("{accepted}; _ga=1"), refuse).await;
        assert!(
            cookies.iter().any(|cookie| cookie.starts_with("_ga=;")),
            "{cookies:?}"
        );
    }
    service.terminate();
    assert_eq!(service.wait().code(), Some(0));
}
