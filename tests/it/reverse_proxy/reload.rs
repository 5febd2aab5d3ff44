//! `--policy` with a folder of policies, and `--reload`.

use std::{fs, net::SocketAddr, process::Command};

use super::exchange;
use crate::support::{
    process::{Folder, Server, example},
    raw::canned,
};

const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 35\r\n\
    Set-Cookie: one=1\r\nSet-Cookie: two=2\r\n\r\n<!doctype html><title>t</title><p>x";

/// A policy in which this cookie is necessary.
fn policy(name: &str, more: &str) -> String {
    format!(
        r#"{{{more} "categories": [
            {{"id": "base", "basis": "necessary", "title": "Base", "cookies": [{{"name": "{name}"}}]}},
            {{"id": "ads", "basis": "consent", "title": "Ads of {name}", "description": "D"}}]}}"#
    )
}

fn command(upstream: SocketAddr, folder: &Folder, options: &[&str]) -> Command {
    let mut command = example("reverse_proxy");
    command
        .args(["--listen", "127.0.0.1:0", "--policy"])
        .arg(&folder.0)
        .args(["--upstream", &format!("http://{upstream}")])
        .args(options);
    command
}

/// Writes a file as a whole, as editors do.
fn put(folder: &Folder, name: &str, content: &str) {
    let new = folder.0.join(".new");
    fs::write(&new, content).unwrap();
    fs::rename(new, folder.0.join(name)).unwrap();
}

/// Returns if it is a 200, the cookies and the body of a response to this host.
async fn ask(proxy: &Server, host: &str, path: &str) -> (bool, Vec<String>, String) {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: document\r\nConnection: close\r\n\r\n"
    );
    let (head, body) = exchange(proxy, request).await;
    let body = String::from_utf8_lossy(&body).replace("&#x2f;", "/");
    (
        head.start().contains(" 200 "),
        head.texts("set-cookie"),
        body,
    )
}

async fn cookies(proxy: &Server, host: &str) -> Vec<String> {
    ask(proxy, host, "/").await.1
}

#[tokio::test]
async fn each_host_has_its_own_policy_and_pages() {
    let folder = Folder::new("proxy");
    let put = |name: &str, content: String| put(&folder, name, &content);
    put("default.json", policy("one", ""));
    let french = r#""site": "La Boutique", "pages_at": "/temoins", "default_language": "fr","#;
    put("boutique.example.json", policy("two", french));
    put("*.boutique.example.json", policy("three", ""));
    let (upstream, _requests) = canned(RESPONSE).await;
    let options = ["--pages", "/cookies", "--documents", "both"];
    let proxy = Server::start(&mut command(upstream, &folder, &options));
    assert_eq!(cookies(&proxy, "www.example").await, ["one=1"]);
    assert_eq!(cookies(&proxy, "Boutique.example:80").await, ["two=2"]);
    assert_eq!(cookies(&proxy, "a.boutique.example").await, [""; 0]);
    for (host, at, own, lang) in [
        ("www.example", "/cookies", "Ads of one", "en"),
        ("boutique.example", "/temoins", "La Boutique", "fr"),
    ] {
        let (_, _, page) = ask(&proxy, host, "/").await;
        assert!(page.contains(own), "{host}: {page}");
        assert!(
            page.contains(&format!("{at}/preferences\"")),
            "{host}: {page}"
        );
        let (is_ok, _, page) = ask(&proxy, host, at).await;
        assert!(is_ok, "{host}: {page}");
        let html = format!("<html lang=\"{lang}\"");
        assert!(page.contains(own) && page.contains(&html), "{host}: {page}");
    }
    // The path of the other site is the upstream's here.
    let (_, set, page) = ask(&proxy, "www.example", "/temoins").await;
    assert_eq!(set, ["one=1"]);
    assert!(page.contains("<title>t"), "{page}");
}

/// Asks until it is as expected, and checks that it was `before` until then.
async fn becomes(proxy: &Server, host: &str, before: &str, after: &str) {
    loop {
        match &*cookies(proxy, host).await {
            [one] if one == after => return,
            [one] if one == before => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn policies_are_read_again_when_they_change_and_at_sighup() {
    let folder = Folder::new("proxy");
    let put = |name: &str, content: String| put(&folder, name, &content);
    put("default.json", policy("one", ""));
    let (upstream, _requests) = canned(RESPONSE).await;
    let mut command = command(upstream, &folder, &["--reload", "--pages", "/cookies"]);
    let mut proxy = Server::start(command.env_remove("RUST_LOG"));
    assert_eq!(cookies(&proxy, "a.example").await, ["one=1"]);
    put("a.example.json", policy("two", ""));
    becomes(&proxy, "a.example", "one=1", "two=2").await;
    assert_eq!(cookies(&proxy, "b.example").await, ["one=1"]);
    proxy.next_line_with("has changed and is in force");

    // Without the texts that the pages need, and with one that is not JSON.
    put(
        "default.json",
        policy("two", "").replace("\"description\"", "\"x-none\""),
    );
    let line = proxy.next_line_with("default.json: ");
    assert!(line.contains("has no description"), "{line}");
    put("default.json", policy("two", "")[..40].to_owned());
    proxy.next_line_with("stays in force: ");
    proxy.signal("-HUP");
    let line = proxy.next_line_with("SIGHUP: ");
    assert!(line.contains("default.json: "), "{line}");
    assert_eq!(cookies(&proxy, "b.example").await, ["one=1"]);
    assert_eq!(cookies(&proxy, "a.example").await, ["two=2"]);

    put("default.json", policy("two", ""));
    proxy.signal("-HUP");
    proxy.next_line_with("SIGHUP: the policies were read again");
    assert_eq!(cookies(&proxy, "b.example").await, ["two=2"]);
    proxy.terminate();
    assert!(proxy.wait().success());
}

#[test]
fn a_bad_folder_is_one_error_at_start() {
    let folder = Folder::new("proxy");
    let put = |name: &str, content: &str| put(&folder, name, content);
    let error = |options: &[&str]| {
        let upstream = SocketAddr::from(([127, 0, 0, 1], 1));
        let output = command(upstream, &folder, options).output().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error(&[]).contains("default.json is missing"));
    put(
        "default.json",
        r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#,
    );
    put(
        "b.example:1.json",
        r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#,
    );
    put("c.example.json", "{");
    for options in [&[][..], &["--reload"]] {
        let text = error(options);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("b.example:1.json: invalid host"), "{text}");
        assert!(text.contains("c.example.json: EOF"), "{text}");
    }
    for name in ["b.example:1.json", "c.example.json"] {
        fs::remove_file(folder.0.join(name)).unwrap();
    }
    let text = error(&["--pages", "/cookies"]);
    assert!(
        text.contains("default.json: ") && text.contains("has no title"),
        "{text}"
    );
}
