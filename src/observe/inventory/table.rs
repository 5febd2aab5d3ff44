//! Formats a report as a table.

use std::fmt;

use super::{super::printable::printable, InventoryReport, InventoryRow};
use crate::{policy::TrackerKind, wire::DAY};

const HEADINGS: [&str; 9] = [
    "cookie",
    "category",
    "set",
    "received",
    "withheld",
    "before a choice",
    "lifetime",
    "attributes",
    "paths",
];

impl fmt::Display for InventoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.cookies.iter().map(cells).collect();
        table(f, HEADINGS, &rows)?;
        if self.more_sightings > 0 {
            let (names, sightings) = (self.more_names, self.more_sightings);
            writeln!(f, "and about {names} more names, seen {sightings} times")?;
        }
        if self.unclassifiable > 0 {
            let fields = self.unclassifiable;
            writeln!(
                f,
                "{fields} fields without a name that all browsers agree on"
            )?;
        }
        if self.unreadable_preferences > 0 {
            writeln!(f, "{} unreadable preferences", self.unreadable_preferences)?;
        }
        #[cfg(feature = "documents")]
        third_parties::write(f, self)?;
        Ok(())
    }
}

/// Writes a table whose columns are as wide as their widest cell.
fn table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    headings: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    let widths: Vec<_> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            let cells = rows.iter().filter_map(|cells| cells.get(column));
            let widest = cells.map(|cell| cell.chars().count()).max();
            widest.unwrap_or(0).max(heading.len())
        })
        .collect();
    line(f, &headings, &widths)?;
    rows.iter().try_for_each(|cells| line(f, cells, &widths))
}

#[cfg(feature = "documents")]
mod third_parties {
    use std::fmt;

    use super::{super::ThirdPartyRow, InventoryReport, printable, table};

    const HEADINGS: [&str; 9] = [
        "third party",
        "service",
        "held back",
        "blocked",
        "reported",
        "loaded",
        "elements",
        "directives",
        "paths",
    ];

    pub(super) fn write(f: &mut fmt::Formatter<'_>, report: &InventoryReport) -> fmt::Result {
        if report.third_parties().is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = report.third_parties().iter().map(cells).collect();
        writeln!(f)?;
        table(f, HEADINGS, &rows)?;
        match report.more_third_parties() {
            0 => Ok(()),
            more => writeln!(f, "and more third parties, seen {more} times"),
        }
    }

    fn cells(row: &ThirdPartyRow) -> [String; 9] {
        let service = match (&row.service, &row.catalogue) {
            (Some(service), _) => service.clone(),
            (None, Some(known)) => format!("undeclared ({known}?)"),
            (None, None) => "undeclared".to_owned(),
        };
        let text = |texts: &[String], separator| printable(&texts.join(separator)).into_owned();
        [
            printable(&row.origin).into_owned(),
            service,
            row.held.to_string(),
            row.blocked.to_string(),
            row.reported.to_string(),
            row.loaded.to_string(),
            text(&row.elements, ", "),
            text(&row.directives, " "),
            text(&row.paths, " "),
        ]
    }
}

fn cells(row: &InventoryRow) -> [String; 9] {
    let category = match (&row.category, row.declared) {
        (Some(category), _) => category.clone(),
        (None, true) => "(preferences)".to_owned(),
        (None, false) => "undeclared".to_owned(),
    };
    let name = match row.kind {
        TrackerKind::Header => format!("{} (header)", row.name),
        _ => row.name.clone(),
    };
    [
        name,
        category,
        row.set.to_string(),
        row.received.to_string(),
        row.withheld.to_string(),
        row.set_before_choice.to_string(),
        lifetime(row),
        attributes(row),
        printable(&row.paths.join(" ")).into_owned(),
    ]
}

/// Says the longest lifetime that a cookie was set with.
pub(crate) fn lifetime(row: &InventoryRow) -> String {
    let longest = match row.longest_lifetime {
        _ if row.set == 0 || row.kind == TrackerKind::Header => return String::new(),
        None => "session".to_owned(),
        Some(seconds) if seconds < 2 * DAY => format!("{seconds} s"),
        Some(seconds) => format!("{} days", seconds / DAY),
    };
    match row.longer_than_declared {
        true => longest + " (longer than declared)",
        false => longest,
    }
}

fn attributes(row: &InventoryRow) -> String {
    let seen = &row.attributes;
    let mut words = Vec::new();
    for (name, count) in [
        ("Secure", seen.secure),
        ("HttpOnly", seen.http_only),
        ("Partitioned", seen.partitioned),
    ] {
        match count {
            0 => {}
            all if all == row.set => words.push(name.to_owned()),
            some => words.push(format!("{name}({some})")),
        }
    }
    let same_site = seen.same_site.iter();
    words.extend(same_site.map(|same_site| format!("SameSite={same_site:?}")));
    words.extend(seen.domains.iter().map(|domain| format!("Domain={domain}")));
    words.extend(seen.paths.iter().map(|path| format!("Path={path}")));
    printable(&words.join(" ")).into_owned()
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[impl AsRef<str>], widths: &[usize]) -> fmt::Result {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        text += &format!("{:width$}  ", cell.as_ref());
    }
    writeln!(f, "{}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use crate::{
        observe::{Direction, Event, EventKind, Inventory, Observer},
        policy::{Category, CookieDeclaration, CookiePolicy},
    };

    #[test]
    fn an_attribute_that_only_some_had_comes_with_their_number() {
        let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
        let policy = CookiePolicy::new([ads]).unwrap();
        let inventory = Inventory::default();
        for field in ["_ga=1; Secure; HttpOnly", "_ga=2; Secure"] {
            let event = Event::new(EventKind::Passed, Direction::Response, &policy)
                .of(b"_ga", policy.find(b"_ga"))
                .with_set_cookie(field.as_bytes());
            inventory.observe(&event);
        }
        let table = inventory.report().to_string();
        assert!(table.contains("session   Secure HttpOnly(1)"), "{table}");
    }
}
