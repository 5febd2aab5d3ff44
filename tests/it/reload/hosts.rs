//! `policy_for` with a map of hosts, and with a folder of them.

use tower_cookie_consent::{
    CookieConsentLayer,
    layer::{HostPolicies, PolicySource},
};

use super::{id, json, policy, write};
use crate::support::{exchange, process::Folder, request, response};

const HOSTS: [(&str, &str); 9] = [
    ("shop.example", "shop"),
    ("Shop.Example:8443", "shop"),
    ("shop.example.", "shop"),
    ("a.shop.example", "below"),
    ("b.a.shop.example", "below"),
    ("www.example", "default"),
    ("xshop.example", "default"),
    ("not a host", "default"),
    ("", "default"),
];

fn check(layer: &CookieConsentLayer) {
    for (host, expected) in HOSTS {
        let done = exchange(layer, request([("host", host)]), response::<&str>([]));
        assert_eq!(id(done.consent().policy()), expected, "{host}");
    }
    let mut none = request::<&str>([]);
    none.headers_mut().remove("host");
    let done = exchange(layer, none, response::<&str>([]));
    assert_eq!(id(done.consent().policy()), "default");
}

#[test]
fn policy_for_takes_a_map_of_hosts() {
    let hosts = HostPolicies::new(policy("default"))
        .host("shop.example", policy("shop"))
        .unwrap()
        .host("*.shop.example", policy("below"))
        .unwrap();
    check(&CookieConsentLayer::new(policy("unused")).policy_for(hosts.hook()));
}

#[test]
fn policy_for_takes_a_folder_that_is_read_again() {
    let folder = Folder::new("reload");
    write(&folder, "default.json", json("default"));
    let source = PolicySource::folder(&folder.0).unwrap();
    let layer = CookieConsentLayer::new(policy("unused")).policy_for(source.hook());
    write(&folder, "shop.example.json", json("shop"));
    write(&folder, "*.shop.example.json", json("below"));
    let asked = request([("host", "shop.example")]);
    let done = exchange(&layer, asked, response::<&str>([]));
    assert_eq!(id(done.consent().policy()), "default");
    source.reload().unwrap();
    check(&layer);
}

#[test]
fn policy_for_takes_a_file_for_all_hosts() {
    let folder = Folder::new("reload");
    let path = write(&folder, "policy.json", json("first"));
    let source = PolicySource::file(path).unwrap();
    let layer = CookieConsentLayer::new(policy("unused")).policy_for(source.hook());
    for expected in ["first", "second"] {
        write(&folder, "policy.json", json(expected));
        source.reload().unwrap();
        for (host, _) in HOSTS {
            let done = exchange(&layer, request([("host", host)]), response::<&str>([]));
            assert_eq!(id(done.consent().policy()), expected, "{host}");
        }
    }
}
