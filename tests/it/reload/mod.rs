//! Policies by host, and from files that change while the service runs.

mod files;
mod hosts;
mod sites;
mod under_load;
mod watch;

use std::{fs, path::PathBuf};

use tower_cookie_consent::{Category, CookiePolicy, layer::HostPolicies};

use crate::support::process::Folder;

/// A policy as JSON, with one category of this id.
fn json(id: &str) -> String {
    format!(
        r#"{{"categories": [{{"id": "{id}", "basis": "consent", "title": "Of {id}", "description": "D."}}]}}"#
    )
}

fn policy(id: &str) -> CookiePolicy {
    CookiePolicy::new([Category::consent(id)]).unwrap()
}

/// The id of the policy's only category.
fn id(policy: &CookiePolicy) -> &str {
    policy.categories().next().unwrap().id()
}

/// The ids of the default and of each host.
fn ids(policies: &HostPolicies) -> Vec<String> {
    let of_hosts = policies.hosts();
    let mut ids: Vec<_> = of_hosts
        .map(|(host, policy)| format!("{host}={}", id(policy)))
        .collect();
    ids.sort();
    ids.insert(0, id(policies.default_policy()).to_owned());
    ids
}

fn write(folder: &Folder, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.0.join(name);
    fs::write(&path, content).unwrap();
    path
}

/// Writes another file, and gives it this name, as editors do.
fn replace(folder: &Folder, name: &str, content: &str) {
    let new = write(folder, &format!(".{name}.new"), content);
    fs::rename(new, folder.0.join(name)).unwrap();
}
