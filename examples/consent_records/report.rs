//! The report of requests to opt out, after 11 CCR §7101(b).

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;
use tower_cookie_consent::{
    observe::Surface,
    records::{Archive, Instant, OptOutRequest, OptOutResponse, RecordId},
};

use crate::Failure;

/// A row, with the members that the regulation names.
#[derive(Serialize)]
struct Row {
    r#type: &'static str,
    record: RecordId,
    date_of_request: Instant,
    nature_of_request: &'static str,
    manner_of_request: String,
    categories: String,
    regime: String,
    date_of_response: Instant,
    nature_of_response: &'static str,
    basis_for_denial: String,
}

/// How many there are.
#[derive(Default, Serialize)]
struct Counts {
    requests: u64,
    by_response: BTreeMap<&'static str, u64>,
    by_manner: BTreeMap<String, u64>,
    by_year: BTreeMap<String, u64>,
}

pub(crate) struct Period {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
}

/// Writes a row for each request: as JSON Lines with a line of counts at the end, or as CSV with the counts on
/// standard error.
pub(crate) async fn write(
    archive: &Archive,
    period: Period,
    as_csv: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut counts = Counts::default();
    if as_csv {
        let mut csv = csv::Writer::from_writer(&mut *out);
        let each = |request: &OptOutRequest| {
            let row = counts.row(request);
            csv.serialize(row).map_err(io::Error::other)
        };
        archive.opt_outs(period.from, period.until, each).await?;
        csv.flush()?;
        crate::complain(&counts.line()?);
        return Ok(());
    }
    let each = |request: &OptOutRequest| {
        let row = counts.row(request);
        writeln!(out, "{}", serde_json::to_string(&row)?)
    };
    archive.opt_outs(period.from, period.until, each).await?;
    writeln!(out, "{}", counts.line()?)?;
    Ok(())
}

impl Counts {
    /// Counts a request, and returns its row.
    fn row(&mut self, request: &OptOutRequest) -> Row {
        let manner = manner(request);
        let response = match request.response {
            OptOutResponse::Complied => "complied with",
            OptOutResponse::CompliedInPart => "complied with in part",
            _ => "denied",
        };
        let year = request.requested_at.to_string()[..4].to_owned();
        self.requests += 1;
        *self.by_response.entry(response).or_default() += 1;
        *self.by_manner.entry(manner.clone()).or_default() += 1;
        *self.by_year.entry(year).or_default() += 1;
        Row {
            r#type: "opt_out",
            record: request.record,
            date_of_request: request.requested_at,
            nature_of_request: "to opt out",
            manner_of_request: manner,
            categories: request.opted_out.join(" "),
            regime: request.regime.clone().unwrap_or_default(),
            date_of_response: request.responded_at,
            nature_of_response: response,
            basis_for_denial: match &request.consented_to[..] {
                [] => String::new(),
                ids => format!("consented while the signal was sent: {}", ids.join(" ")),
            },
        }
    }

    fn line(&self) -> Result<String, serde_json::Error> {
        let mut line = serde_json::to_value(self)?;
        line["type"] = "counts".into();
        serde_json::to_string(&line)
    }
}

fn manner(request: &OptOutRequest) -> String {
    let place = match request.surface {
        Surface::Banner => "cookie banner",
        Surface::Form => "preferences form",
        Surface::OptOut => "opt-out page",
        Surface::Footer => "footer of a page",
        Surface::Placeholder => "placeholder of a service",
        Surface::Json => "script of the site",
        Surface::Signal => return "opt-out preference signal".to_owned(),
        _ => "the site’s own form",
    };
    match request.gpc {
        true => format!("{place}, with the opt-out preference signal"),
        false => place.to_owned(),
    }
}
