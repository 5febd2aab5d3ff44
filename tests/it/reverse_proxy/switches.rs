//! The options of the command line, and the policies next to the example.

use std::process::Output;

use tower_cookie_consent::CookiePolicy;

use super::{command, exchange, proxy};
use crate::support::{
    process::{Server, example, of_crate},
    raw::canned,
};

const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: sessionid=1\r\n\
    Set-Cookie: _ga=2; Path=/\r\nSet-Cookie: unheard-of=3\r\n\r\nok";
const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
    Cookie: sessionid=1; _ga=2; unheard-of=3; django_language=\"x _ga=4\"\r\n\r\n";

/// The cookies that the upstream saw, and those that the client was given.
async fn cookies(options: &[&str]) -> (Vec<String>, Vec<String>) {
    let (upstream, mut requests) = canned(RESPONSE).await;
    let proxy = proxy(upstream, options);
    let (head, body) = exchange(&proxy, REQUEST).await;
    assert_eq!(body, b"ok");
    let seen = requests.recv().await.unwrap().texts("cookie");
    (seen, head.texts("set-cookie"))
}

#[tokio::test]
async fn undeclared_cookies_are_withheld_hidden_or_allowed() {
    let shown = "sessionid=1; unheard-of=3; django_language=\"x _ga=4\"";
    for options in [&[][..], &["--undeclared", "withhold"]] {
        let (seen, given) = cookies(options).await;
        assert_eq!(seen, [shown]);
        assert_eq!(given, ["sessionid=1"]);
    }
    let (seen, given) = cookies(&["--undeclared", "allow"]).await;
    assert_eq!(seen, [shown]);
    assert_eq!(given, ["sessionid=1", "unheard-of=3"]);
    let (seen, given) = cookies(&["--undeclared", "hide"]).await;
    assert_eq!(seen, ["sessionid=1; django_language=\"x _ga=4\""]);
    assert_eq!(given, ["sessionid=1"]);
}

#[tokio::test]
async fn strict_values_hide_embedded_withheld_names() {
    let (seen, _) = cookies(&["--strict-values"]).await;
    assert_eq!(seen, ["sessionid=1; unheard-of=3"]);
}

#[tokio::test]
async fn a_report_changes_nothing_and_lists_what_it_would_do() {
    let (upstream, mut requests) = canned(RESPONSE).await;
    let mut proxy = proxy(upstream, &["--report-only"]);
    let (head, _) = exchange(&proxy, REQUEST).await;
    let sent = "sessionid=1; _ga=2; unheard-of=3; django_language=\"x _ga=4\"";
    assert_eq!(requests.recv().await.unwrap().texts("cookie"), [sent]);
    assert_eq!(
        head.texts("set-cookie"),
        ["sessionid=1", "_ga=2; Path=/", "unheard-of=3"]
    );
    assert_eq!(head.texts("cache-control"), [""; 0]);

    proxy.terminate();
    assert!(proxy.wait().success());
    let told = proxy.told();
    assert!(
        told.contains("unheard-of") && told.contains("_ga"),
        "{told}"
    );
    assert!(!told.contains("unheard-of=3"), "a value: {told}");
}

fn run(arguments: &[&str]) -> Output {
    example("reverse_proxy").args(arguments).output().unwrap()
}

#[test]
fn a_bad_policy_is_refused_at_start_with_all_its_problems() {
    let path = std::env::temp_dir().join(format!("bad-policy-{}.json", std::process::id()));
    std::fs::write(
        &path,
        r#"{"categories": [
            {"id": "a b", "basis": "consent", "cookies": [{"name": "_ga", "domian": ["x"]}]},
            {"id": "ads", "basis": "consent", "cookies": [{"name": "*"}, {"name": "a=b"}]}]}"#,
    )
    .unwrap();
    let output = run(&[
        "--upstream",
        "http://127.0.0.1:1",
        "--policy",
        path.to_str().unwrap(),
    ]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let problems = String::from_utf8(output.stderr).unwrap();
    assert_eq!(problems.lines().count(), 4, "{problems}");
    for problem in ["a b", "domian", "\"*\"", "a=b"] {
        assert!(
            problems.lines().any(|line| line.contains(problem)),
            "{problem}: {problems}"
        );
    }
}

#[test]
fn a_policy_that_cannot_be_read_or_listened_for_is_refused_too() {
    let output = run(&[
        "--upstream",
        "http://127.0.0.1:1",
        "--policy",
        "/nowhere.json",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere.json: "));

    let portal = of_crate("examples/reverse_proxy/portal.json");
    let portal = portal.to_str().unwrap();
    let upstream = "http://127.0.0.1:1";
    let output = run(&[
        "--listen",
        "no-address",
        "--upstream",
        upstream,
        "--policy",
        portal,
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-address: "));
}

#[test]
fn bad_arguments_are_answered_with_the_usage() {
    let upstream = "http://127.0.0.1:1";
    for arguments in [
        &[][..],
        &["--upstream", upstream],
        &["--policy", "p.json"],
        &["--upstream", "https://h", "--policy", "p.json"],
        &["--upstream", "127.0.0.1:1", "--policy", "p.json"],
        &["--upstream", "http://h/?q", "--policy", "p.json"],
        &[
            "--upstream",
            upstream,
            "--policy",
            "p.json",
            "--undeclared",
            "pass",
        ],
        &[
            "--upstream",
            upstream,
            "--policy",
            "p.json",
            "--timeout",
            "0",
        ],
        &[
            "--upstream",
            upstream,
            "--policy",
            "p.json",
            "--timeout",
            "soon",
        ],
        &[
            "--upstream",
            upstream,
            "--policy",
            "p.json",
            "--client-timeout",
            "-1",
        ],
        &["--upstream", upstream, "--policy", "p.json", "--no-such"],
        &["--upstream", upstream, "--policy", "p.json", "more"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.contains("usage: reverse_proxy"),
            "{arguments:?}: {told}"
        );
        assert_eq!(output.stdout, b"");
    }
    let output = run(&["--help"]);
    assert!(output.status.success());
    assert!(output.stdout.starts_with(b"usage: reverse_proxy"));
}

#[tokio::test]
async fn the_infrastructure_policy_lets_what_it_lists_through() {
    let (upstream, _requests) = canned(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: AWSALBTGCORS=1\r\n\
         Set-Cookie: BIGipServerpool=2\r\nSet-Cookie: mod_auth_openidc_state_x=3\r\n\
         Set-Cookie: _oauth2_proxy_0=4\r\nSet-Cookie: __cf_bm=5\r\nSet-Cookie: _ga=6\r\n\r\n",
    )
    .await;
    let proxy = Server::start(
        command(upstream)
            .arg("--policy")
            .arg(of_crate("examples/reverse_proxy/infrastructure.json")),
    );
    let (head, _) = exchange(&proxy, super::GET).await;
    assert_eq!(head.texts("set-cookie").len(), 5);
    assert!(!head.texts("set-cookie").contains(&"_ga=6".to_owned()));
}

#[test]
fn every_row_of_the_sample_policies_is_complete() {
    for name in ["portal.json", "infrastructure.json"] {
        let path = of_crate("examples/reverse_proxy").join(name);
        let text = std::fs::read_to_string(path).unwrap();
        let policy: CookiePolicy = serde_json::from_str(&text).unwrap();
        for category in policy.categories() {
            for cookie in category.get_cookies() {
                let row = (
                    cookie.get_provider(),
                    cookie.get_purpose(),
                    cookie.get_retention(),
                );
                assert!(
                    matches!(row, (Some(_), Some(_), Some(_))),
                    "{name}: {}",
                    cookie.name()
                );
            }
        }
    }
}
