//! That no value of a cookie comes out anywhere.

use std::sync::{Arc, Mutex};

use http::{Response, header::CACHE_CONTROL};
use tower_cookie_consent::{Event, Inventory, Undeclared, What};

use crate::support::{NOW, Prefs, exchange, layer, request, response, value};

/// Whatever happens to a cookie, and to whoever it is told.
#[test]
fn no_event_explanation_or_report_has_a_value() {
    const MARK: &str = "M4RK";
    let said = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&said);
    let inventory = Inventory::new();
    let observe = move |event: &Event<'_>| {
        let mut said = heard.lock().unwrap();
        *said += &format!("{event}\n{event:?}\n{:?}\n", event.reason());
        if event.what() != What::Passed {
            *said += &format!("{:?}\n", event.attributes());
        }
    };
    let prefs = [
        Prefs::refuse()
            .with("note", "\"M4RK\"")
            .decided(NOW - 7_200)
            .pair(),
        Prefs::accept().with("M4RK", "true").pair(),
        "cookies_preferences=M4RK".to_owned(),
        String::new(),
    ];
    let set = [
        "_ga=M4RK",
        "id=M4RK",
        "M4RK",
        "=M4RK",
        "\"M4RK=1",
        "M4RK x=1",
        "\u{e9}M4RK=1",
        "_ga=\"x; Path=/M4RK; Domain=m4rk.M4RK\"",
        "_ga=\"M4RK\"; Max-Age=0; M4RK",
        "_pk_id.1=M4RK; Max-Age=99999999",
        "session=M4RK",
        "cookies_preferences=M4RK",
    ];
    for prefs in &prefs {
        for layer in [
            layer(),
            layer().undeclared(Undeclared::Hide).strict_values(true),
            layer().undeclared(Undeclared::Allow).report_only(true),
        ] {
            let layer = layer
                .explain(true)
                .observe(inventory.clone())
                .observe(observe.clone());
            let cookies =
                format!("_ga=M4RK; id=M4RK; M4RK; =M4RK; M4RK y=1; session=M4RK; {prefs}");
            let mut asked = request([("cookie", cookies)]);
            *asked.uri_mut() = "/path?q=M4RK".parse().unwrap();
            let mut response: Response<()> = response(set);
            response
                .headers_mut()
                .append(CACHE_CONTROL, value("public"));
            let done = exchange(&layer, asked, response);
            let explained = done.response.headers().get("x-cookie-consent").unwrap();
            *said.lock().unwrap() += &format!("{}\n{layer:?}\n", explained.to_str().unwrap());
        }
    }
    let report = inventory.report();
    let json = serde_json::to_string(&report).unwrap();
    let said = format!("{}{report}{json}{}", said.lock().unwrap(), report.draft());
    assert!(!said.contains(MARK), "{said}");
    for part in ["withheld", "survived", "publicly_cacheable", "unreadable"] {
        assert!(said.contains(part), "{part}");
    }
}
