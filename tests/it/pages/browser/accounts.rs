//! One account in two browsers: its choice is in force in both, and each has its own again at logout.

use super::{NO_BANNER, PREFERENCES, jar};
use crate::support::{
    browser::{Browser, Kind},
    server::Server,
};

const ACCOUNT: &str = "account_choice";

/// The portal's devices learn after two seconds what others have chosen.
const REFRESH: std::time::Duration = std::time::Duration::from_millis(2100);

fn log_in(browser: &Browser, portal: &Server) {
    browser.go(&portal.url("/connexion"));
    browser.write("#name", "Amélie");
    browser.follow("main form button");
    assert_eq!(browser.text(".user"), "Amélie");
}

fn log_out(browser: &Browser) {
    browser.follow("form[action='/deconnexion'] button");
    browser.until("!document.querySelector('.user')");
}

fn open(browser: &Browser, portal: &Server) {
    browser.go(&portal.url("/"));
    browser.go(&portal.url("/"));
}

fn has_ads(browser: &Browser) -> bool {
    browser.cookies().contains("_ga")
}

#[test]
fn one_account_in_two_browsers_has_one_choice() {
    let started = [Kind::Chromium, Kind::Firefox].map(Browser::start_without_scripts);
    let [Some(chromium), Some(firefox)] = started else {
        return;
    };
    let portal = Server::start("portal");
    log_in(&chromium, &portal);
    let reach = "Pendant votre connexion à votre compte, votre choix vaut pour ce compte";
    assert!(chromium.text(".tcc-banner").contains(reach));
    chromium.follow("button[value=accept]");
    open(&chromium, &portal);
    assert!(has_ads(&chromium));
    assert!(chromium.cookies().contains(ACCOUNT) && chromium.is_http_only(ACCOUNT));
    assert!(!chromium.cookies().contains(PREFERENCES));

    // The other device has refused before, and the account has accepted: the later choice counts.
    std::thread::sleep(REFRESH);
    firefox.go(&portal.url("/"));
    firefox.follow("button[value=refuse]");
    assert_eq!(firefox.cookies(), jar([PREFERENCES]));
    log_in(&firefox, &portal);
    let notices = "return [...document.querySelectorAll('.tcc-notice')].map((it) => it.textContent).join(' ')";
    let notice = firefox.run(notices).as_str().unwrap().to_owned();
    assert!(notice.contains("avaient des choix différents"), "{notice}");
    assert!(
        notice.contains("Le choix le plus récent l’emporte"),
        "{notice}"
    );
    open(&firefox, &portal);
    assert!(!has_ads(&firefox));
    open(&chromium, &portal);
    assert!(
        !has_ads(&chromium),
        "a withdrawal reaches as far as a grant"
    );

    // Everything is allowed, on one device for both.
    chromium.go(&portal.url("/cookies/preferences"));
    chromium.follow("button[value=accept]");
    std::thread::sleep(REFRESH);
    open(&firefox, &portal);
    assert!(has_ads(&firefox));
    assert_eq!(firefox.run(&format!("return {NO_BANNER}")), true);

    log_out(&firefox);
    open(&firefox, &portal);
    assert!(!has_ads(&firefox), "the device's own refusal is back");
    assert!(!firefox.cookies().contains(ACCOUNT));
    assert!(firefox.cookies().contains(PREFERENCES));
    open(&chromium, &portal);
    assert!(has_ads(&chromium));
    log_out(&chromium);
    // This one has none of its own.
    assert!(!chromium.cookies().contains(ACCOUNT));
    assert_eq!(chromium.run(&format!("return {NO_BANNER}")), false);
}
