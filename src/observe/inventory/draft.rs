use std::fmt;

use serde::Serialize;

use super::InventoryRow;
use crate::{
    policy::{Category, CookieDeclaration, CookiePolicy, Retention, TrackerKind},
    wire::{DAY, MAX_COOKIE_DAYS},
};

/// The shortest text before the `*` of a suggested pattern: anything shorter would declare too
/// much.
const SHORTEST_STEM: usize = 3;

/// Drafted declarations of the cookies that the policy lacks, based on what was observed. Its
/// `Display` output is JSON, an array to paste as the `cookies` of a category (or into one). Paths
/// and domains that a policy would not accept are left out.
///
/// It is up to you to pick the category and to fill in who sets the cookies and why: providers and
/// purposes are `null` until then. A `CookieDatabase` (feature `cookie-database`) suggests some.
///
/// ```
/// # use http::{Request, Response, header::SET_COOKIE};
/// # use tower::{Layer, Service, service_fn};
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};
/// # let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
/// # let policy = CookiePolicy::new([ads])?;
/// # let inventory = tower_cookie_consent::Inventory::new();
/// # let layer = CookieConsentLayer::new(policy.clone()).observe(inventory.clone());
/// # let mut service = layer.layer(service_fn(async |_: Request<()>| {
/// #     Response::builder().header(SET_COOKIE, "theme=dark; Max-Age=86400; Secure").body(())
/// # }));
/// # futures_executor::block_on(service.call(Request::new(())))?;
///
/// let draft = inventory.report().draft();
/// println!("{draft}"); // to paste
/// assert_eq!(draft.cookies()[0].name, "theme");
/// assert!(draft.cookies()[0].provider.is_none(), "for people to say");
/// assert!(draft.left_out().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Draft {
    pub(in super::super) cookies: Vec<DraftCookie>,
    #[serde(skip)]
    left_out: Vec<String>,
}

/// One declaration of a [`Draft`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DraftCookie {
    /// The name, or a pattern for names that look generated.
    pub name: String,
    /// A cookie, or a header.
    #[serde(skip_serializing_if = "TrackerKind::is_cookie")]
    pub kind: TrackerKind,
    /// The company that sets it.
    pub provider: Option<String>,
    /// Its purpose.
    pub purpose: Option<String>,
    /// The longest lifetime that it was set with, in days, rounded up; browsers keep it for at most
    /// 400.
    pub retention: Option<Retention>,
    /// The paths that it was set with, if any other than `/`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// The domains that it was set with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain: Vec<String>,
    /// It was set with `Partitioned`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partitioned: bool,
    /// A suggested category; never a necessary one.
    #[serde(
        rename = "x-suggested-category",
        skip_serializing_if = "Option::is_none"
    )]
    pub suggested_category: Option<String>,
}

impl Draft {
    pub(super) fn of(rows: &[InventoryRow]) -> Self {
        let mut draft = Self::default();
        for row in rows.iter().filter(|row| !row.declared) {
            // The request header that sends its state back is declared with the header.
            if row.kind == TrackerKind::Header && row.set == 0 {
                continue;
            }
            if can_be_declared(row) {
                draft.cookies.push(DraftCookie::of(row));
            } else {
                draft.left_out.push(row.name.clone());
            }
        }
        draft
    }

    /// Returns the drafted declarations by name.
    #[must_use]
    pub fn cookies(&self) -> &[DraftCookie] {
        &self.cookies
    }

    /// Returns names that can't be declared as they are shown: they were cut, contain a `*`, or too
    /// little of them remains without the part that looks generated.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

fn can_be_declared(row: &InventoryRow) -> bool {
    let stem = row.name.strip_suffix('*');
    stem.is_none_or(|stem| stem.len() >= SHORTEST_STEM)
        && takes(CookieDeclaration::new(&row.name).kind(row.kind))
}

/// Returns `true` if a policy accepts this declaration.
fn takes(cookie: CookieDeclaration) -> bool {
    CookiePolicy::new([Category::consent("draft").cookie(cookie)]).is_ok()
}

impl DraftCookie {
    fn of(row: &InventoryRow) -> Self {
        let retention = match row.longest_lifetime {
            _ if row.set == 0 || row.kind == TrackerKind::Header => None,
            None => Some(Retention::session()),
            Some(seconds) => {
                let days = seconds.div_ceil(DAY).min(MAX_COOKIE_DAYS.into());
                Some(Retention::days(u32::try_from(days).unwrap_or(u32::MAX)))
            }
        };
        let name = || CookieDeclaration::new(&row.name);
        let paths = row.attributes.paths.iter();
        let paths = paths.filter(|path| takes(name().path(path.as_str())));
        let paths: Vec<_> = paths.cloned().collect();
        let domains = row.attributes.domains.iter();
        let domains = domains.map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
        Self {
            name: row.name.clone(),
            kind: row.kind,
            retention,
            path: match paths.iter().any(|path| path != "/") {
                true => paths,
                false => Vec::new(),
            },
            domain: domains
                .filter(|domain| takes(name().domain(domain)))
                .collect(),
            partitioned: row.attributes.partitioned > 0,
            ..Self::default()
        }
    }
}
