//! The other sites that pages load from, as the gate for documents, browsers and the kit meet them.

use std::collections::BTreeMap;

use serde::Serialize;
use url::Url;

use super::row::add;
use crate::{observe::shown_path, policy::catalogue};

/// The number of origins in an inventory.
const MOST_ORIGINS: usize = 500;

/// The longest origin: a scheme, a host of 253 bytes (RFC 1035, section 2.3.4) and a port.
const LONGEST_ORIGIN: usize = 8 + 253 + 6;

/// The observations of one origin other than the site's own, in an
/// [`InventoryReport`](crate::observe::InventoryReport) (feature `documents`): those of the gate, from
/// [`Inventory::observe_document`](crate::Inventory::observe_document), those of browsers, from
/// [`Pages::browser_reports`](crate::pages::Pages::browser_reports), and those of the kit. No path or query of another site is
/// in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ThirdPartyRow {
    /// The origin, such as `https://www.youtube.com`.
    pub origin: String,
    /// The id of the service that declares it; `None` if none does.
    pub service: Option<String>,
    /// The id of the [catalogue's](crate::policy::Service::from_catalogue) service that loads from it.
    pub catalogue: Option<String>,
    /// The number of times that the gate held back an element or header of it, or would have.
    pub held: u64,
    /// The number of requests that browsers blocked.
    pub blocked: u64,
    /// The number of requests that browsers would have blocked, under a policy that only reports.
    pub reported: u64,
    /// The number of different documents that load it, where [`Conformance`](crate::conformance::Conformance) has read
    /// them (feature `conformance`).
    pub loaded: u64,
    /// When it was first seen, in seconds since 1970.
    pub first_seen: u64,
    /// When it was last seen, in seconds since 1970.
    pub last_seen: u64,
    /// Some of the elements and attributes, and headers, that it was found in.
    pub elements: Vec<String>,
    /// Some of the directives under which browsers reported it, such as `img-src`.
    pub directives: Vec<String>,
    /// Some of the site's own paths where it was found.
    pub paths: Vec<String>,
}

/// One sighting of an origin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting<'a> {
    pub(crate) origin: &'a str,
    pub(crate) service: Option<&'a str>,
    /// The path of the site's own page.
    pub(crate) path: &'a str,
    /// In seconds since 1970.
    pub(crate) now: u64,
    pub(crate) witness: Witness<'a>,
}

/// The one who saw an origin.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Witness<'a> {
    Gate {
        element: &'a str,
        attribute: &'a str,
    },
    #[cfg_attr(
        not(feature = "conformance"),
        allow(dead_code, reason = "only the kit reads documents")
    )]
    Reader { element: &'a str },
    #[cfg_attr(
        not(feature = "pages"),
        allow(dead_code, reason = "browsers report to the pages")
    )]
    Browser {
        directive: &'a str,
        /// The request did not leave.
        blocked: bool,
    },
}

impl ThirdPartyRow {
    fn new(origin: &str, now: u64) -> Self {
        let url = Url::parse(origin).ok();
        Self {
            origin: origin.to_owned(),
            first_seen: now,
            last_seen: now,
            catalogue: url.and_then(|url| catalogue::service_of(&url).map(str::to_owned)),
            ..Self::default()
        }
    }

    /// Returns the number of all sightings.
    ///
    /// ```
    /// # let report = tower_cookie_consent::Inventory::new().report();
    /// let most = report.third_parties().iter().max_by_key(|row| row.sightings());
    /// assert!(most.is_none(), "nothing was seen");
    /// ```
    #[must_use]
    pub const fn sightings(&self) -> u64 {
        self.held
            .saturating_add(self.blocked)
            .saturating_add(self.reported)
            .saturating_add(self.loaded)
    }

    /// Returns `true` if only senders of reports, who may be anybody, have seen it.
    const fn may_be_made_up(&self) -> bool {
        self.held == 0 && self.loaded == 0 && self.service.is_none()
    }

    fn take(&mut self, sighting: &Sighting<'_>) {
        self.first_seen = self.first_seen.min(sighting.now);
        self.last_seen = self.last_seen.max(sighting.now);
        // The policy may have changed at run time.
        if self.service.as_deref() != sighting.service {
            self.service = sighting.service.map(str::to_owned);
        }
        match sighting.witness {
            Witness::Gate { element, attribute } => {
                self.held += 1;
                let separator = if attribute.is_empty() { "" } else { " " };
                add(
                    &mut self.elements,
                    &format!("{element}{separator}{attribute}"),
                );
            }
            Witness::Reader { element } => {
                self.loaded += 1;
                add(&mut self.elements, element);
            }
            Witness::Browser { directive, blocked } => {
                match blocked {
                    true => self.blocked += 1,
                    false => self.reported += 1,
                }
                add(&mut self.directives, directive);
            }
        }
        add(&mut self.paths, &shown_path(sighting.path));
    }
}

/// The rows by origin, in bounded memory.
#[derive(Debug, Default)]
pub(super) struct ThirdParties {
    rows: BTreeMap<String, ThirdPartyRow>,
    /// The sightings of origins without a row.
    beyond: u64,
}

impl ThirdParties {
    pub(super) fn take(&mut self, sighting: &Sighting<'_>) {
        if let Some(row) = self.rows.get_mut(sighting.origin) {
            return row.take(sighting);
        }
        if sighting.origin.len() > LONGEST_ORIGIN {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        let mut row = ThirdPartyRow::new(sighting.origin, sighting.now);
        row.take(sighting);
        let made_up = self.rows.values().filter(|row| row.may_be_made_up());
        let is_full = self.rows.len() >= MOST_ORIGINS
            || (row.may_be_made_up() && made_up.count() >= MOST_ORIGINS / 2);
        if is_full && !self.make_room() {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        self.rows.insert(row.origin.clone(), row);
    }

    /// Removes the row that was seen least often, of those that anybody may have made up. What browsers
    /// really meet is seen again.
    fn make_room(&mut self) -> bool {
        let made_up = self.rows.values().filter(|row| row.may_be_made_up());
        let Some(least) = made_up.min_by_key(|row| row.sightings()) else {
            return false;
        };
        let (origin, sightings) = (least.origin.clone(), least.sightings());
        self.beyond = self.beyond.saturating_add(sightings);
        self.rows.remove(&origin).is_some()
    }

    pub(super) fn rows(&self) -> Vec<ThirdPartyRow> {
        self.rows.values().cloned().collect()
    }

    pub(super) const fn beyond(&self) -> u64 {
        self.beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser<'a>(origin: &'a str, service: Option<&'a str>) -> Sighting<'a> {
        Sighting {
            origin,
            service,
            path: "/a",
            now: 20,
            witness: Witness::Browser {
                directive: "img-src",
                blocked: true,
            },
        }
    }

    #[test]
    fn made_up_origins_take_half_of_the_rows() {
        let mut all = ThirdParties::default();
        all.take(&browser("https://real.example", None));
        all.take(&browser("https://real.example", None));
        for number in 0..10_000 {
            all.take(&browser(&format!("https://x{number}.example"), None));
        }
        let rows = all.rows();
        assert_eq!(rows.len(), MOST_ORIGINS / 2);
        assert!(rows.iter().any(|row| row.origin == "https://real.example"));
        let kept: u64 = rows.iter().map(ThirdPartyRow::sightings).sum();
        assert_eq!(kept + all.beyond(), 10_002);
        for number in 0..MOST_ORIGINS {
            all.take(&browser(&format!("https://s{number}.example"), Some("s")));
        }
        let declared = |row: &&ThirdPartyRow| row.service.is_some();
        assert_eq!(all.rows().iter().filter(declared).count(), MOST_ORIGINS);
        all.take(&browser("https://one-more.example", Some("s")));
        assert_eq!(all.rows().len(), MOST_ORIGINS);
    }

    #[test]
    fn no_row_is_longer_than_a_host_can_be() {
        let mut all = ThirdParties::default();
        let longest = format!("https://{}a.example:65535", "b.".repeat(122));
        all.take(&browser(&longest, None));
        all.take(&browser(
            &format!("https://{}.example", "c".repeat(60_000)),
            None,
        ));
        assert_eq!((all.rows().len(), all.beyond()), (1, 1));
    }

    #[test]
    fn a_row_says_where_and_how_often() {
        let mut all = ThirdParties::default();
        let origin = "https://www.youtube.com";
        all.take(&browser(origin, None));
        all.take(&Sighting {
            path: "/users/1234567890",
            now: 10,
            witness: Witness::Gate {
                element: "iframe",
                attribute: "src",
            },
            ..browser(origin, Some("films"))
        });
        let rows = all.rows();
        let row = &rows[0];
        assert_eq!((row.held, row.blocked, row.reported), (1, 1, 0));
        assert_eq!(row.sightings(), 2);
        assert_eq!((row.first_seen, row.last_seen), (10, 20));
        assert_eq!(row.catalogue.as_deref(), Some("youtube"));
        assert_eq!(row.service.as_deref(), Some("films"));
        assert_eq!(
            (&row.elements[..], &row.directives[..], &row.paths[..]),
            (
                &["iframe src".to_owned()][..],
                &["img-src".to_owned()][..],
                &["/a".to_owned(), "/users/*".to_owned()][..]
            )
        );
    }
}
