//! The files of a source: read first, then parsed and checked as a whole.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{error::PolicySourceError, hosts::HostPolicies};
use crate::policy::CookiePolicy;

/// Changes a policy that was read, or rejects it.
pub(super) type Prepare = dyn Fn(CookiePolicy) -> Result<CookiePolicy, String> + Send + Sync;

/// The name of the file with the policy of all other hosts, without its ending.
const DEFAULT: &str = "default";

/// The place of the policies.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// One policy, for all hosts.
    File(PathBuf),
    /// One policy for each host, and `default.json`.
    Folder(PathBuf),
}

/// The files that were found there, readable or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The folder can't be read.
    problem: Option<String>,
    files: BTreeMap<PathBuf, Result<Vec<u8>, String>>,
}

impl Place {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }

    pub(super) fn read(&self) -> Found {
        let mut found = Found::default();
        let paths = match self {
            Self::File(path) => vec![path.clone()],
            Self::Folder(path) => policies_in(path).unwrap_or_else(|error| {
                found.problem = Some(error.to_string());
                Vec::new()
            }),
        };
        for path in paths {
            let content = fs::read(&path).map_err(|error| error.to_string());
            found.files.insert(path, content);
        }
        found
    }

    /// Returns the policies, or all problems of all files.
    pub(super) fn check(
        &self,
        found: &Found,
        prepare: Option<&Prepare>,
    ) -> Result<HostPolicies, PolicySourceError> {
        let mut error = PolicySourceError::default();
        if let Some(problem) = &found.problem {
            error.add(self.path(), problem);
        }
        let mut policies = Vec::new();
        for (path, content) in &found.files {
            match content.as_deref().map_err(String::clone).and_then(parse) {
                Err(problem) => error.add(path, &problem),
                Ok(policy) => match prepare.map_or(Ok(policy.clone()), |it| it(policy)) {
                    Ok(policy) => policies.push((path, policy)),
                    Err(problem) => error.add(path, &problem),
                },
            }
        }
        let hosts = match self {
            Self::File(_) => policies.pop().map(|(_, policy)| HostPolicies::new(policy)),
            Self::Folder(path) => by_host(path, found, policies, &mut error),
        };
        match hosts {
            Some(hosts) if error.is_none() => Ok(hosts),
            _ => Err(error),
        }
    }
}

fn parse(content: &[u8]) -> Result<CookiePolicy, String> {
    serde_json::from_slice(content).map_err(|error| error.to_string())
}

/// Returns the policies in a folder: files that end in `.json`, without hidden ones, which editors
/// and file systems put beside them.
fn policies_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let is_json = path.extension().is_some_and(|ending| ending == "json");
        if is_json && !name.starts_with(b".") && !path.is_dir() {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Returns the name of a file without its ending, if it is UTF-8.
fn stem(path: &Path) -> Option<&str> {
    path.file_stem()?.to_str()
}

fn by_host(
    folder: &Path,
    found: &Found,
    policies: Vec<(&PathBuf, CookiePolicy)>,
    error: &mut PolicySourceError,
) -> Option<HostPolicies> {
    let is_default = |path: &Path| stem(path) == Some(DEFAULT);
    if found.problem.is_none() && !found.files.keys().any(|path| is_default(path)) {
        let help = "default.json is missing: it has the policy of all hosts without a file of \
                    their own, such as example.org.json";
        error.add(folder, help);
    }
    let default = policies.iter().find(|(path, _)| is_default(path));
    // Faults of the others are reported even without it.
    let any = default.or(policies.first())?.1.clone();
    let mut hosts = HostPolicies::new(any);
    let mut count = 0;
    for (path, policy) in policies {
        let Some(host) = stem(path) else {
            error.add(path, "the name of the file is not a host: rename it");
            continue;
        };
        if host == DEFAULT {
            continue;
        }
        match hosts.clone().host(host, policy) {
            Ok(more) => hosts = more,
            Err(problem) => {
                error.add(path, &problem.to_string());
                continue;
            }
        }
        count += 1;
        if hosts.hosts().count() < count {
            count -= 1;
            error.add(
                path,
                "another file has the same host: remove one of the two",
            );
        }
    }
    Some(hosts)
}
