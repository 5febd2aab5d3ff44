//! The options `--pages` and `--documents`.

use std::{fs, net::SocketAddr, path::PathBuf};

use super::{Server, command, exchange};
use crate::support::{
    process::{example, of_crate},
    raw::canned,
};

const POLICY: &str = r#"{"categories": [
    {"id": "base", "basis": "necessary", "title": "Necessary", "description": "d"},
    {"id": "media", "basis": "consent", "title": "Media", "description": "d", "services": [
        {"id": "films", "title": "YouTube", "provider": "P", "origins": ["https://www.youtube.com"]}]}]}"#;

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 61\r\n\r\n\
    <iframe src=\"https://www.youtube.com/embed/1\"></iframe><p>text";

fn policy_file() -> PathBuf {
    let folder = of_crate("target/tmp");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("policy-of-documents-{}.json", std::process::id()));
    fs::write(&file, POLICY).unwrap();
    file
}

fn proxy(upstream: SocketAddr, options: &[&str]) -> Server {
    let mut command = example("reverse_proxy");
    command
        .args(["--listen", "127.0.0.1:0", "--policy"])
        .arg(policy_file())
        .args(["--upstream", &format!("http://{upstream}")])
        .args(options);
    Server::start(&mut command)
}

fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n{more}\r\n")
}

#[tokio::test]
async fn documents_are_gated_and_pages_ask() {
    for (documents, is_gated, has_policy) in [
        (&["--documents", "both"][..], true, true),
        (&["--documents", "gate"], true, false),
        (&["--documents", "csp"], false, true),
        (&[], false, false),
    ] {
        let (upstream, _requests) = canned(PAGE).await;
        let options = [&["--pages", "/cookies"][..], documents].concat();
        let proxy = proxy(upstream, &options);
        let (head, body) = exchange(&proxy, get("/", "")).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(text.contains("data-consent-src"), is_gated, "{documents:?}");
        let policies = head.texts("content-security-policy");
        assert_eq!(!policies.is_empty(), has_policy, "{documents:?}");

        let (_, body) = exchange(&proxy, get("/cookies", "Accept: text/html\r\n")).await;
        assert!(String::from_utf8_lossy(&body).contains("YouTube"));
        let (_, body) = exchange(&proxy, get("/cookies/preferences", "")).await;
        assert!(String::from_utf8_lossy(&body).contains("value=\"films\""));
    }
}

#[tokio::test]
async fn a_granted_service_loads_through_the_proxy() {
    let (upstream, _requests) = canned(PAGE).await;
    let proxy = proxy(upstream, &["--pages", "/cookies", "--documents", "both"]);
    let body = "decision=allow&service=films";
    let post = format!(
        "POST /cookies/preferences HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n\
         Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (head, _) = exchange(&proxy, post).await;
    let set = head.texts("set-cookie");
    let pair = set[0].split(';').next().unwrap();
    let (head, body) = exchange(&proxy, get("/", &format!("Cookie: {pair}\r\n"))).await;
    assert!(!String::from_utf8_lossy(&body).contains("data-consent"));
    assert!(
        head.texts("content-security-policy")[0]
            .ends_with(" https://www.youtube.com wss://www.youtube.com")
    );
}

#[test]
fn wrong_options_are_explained() {
    let upstream = "127.0.0.1:1".parse().unwrap();
    for (options, part) in [
        (&["--documents", "both"][..], "--documents needs --pages"),
        (
            &["--pages", "/cookies", "--documents", "all"],
            "one of both, gate, csp",
        ),
        (&["--pages", "cookies"], "a path such as /cookies"),
        (&["--pages", "/"], "a path such as /cookies"),
    ] {
        let output = command(upstream).args(options).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(part), "{told}");
    }
}
