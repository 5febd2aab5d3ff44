use std::{collections::BTreeSet, io, time::SystemTime};

use serde::Serialize;

use super::{
    Archive, ArchiveError, StoredRecord,
    rest::{self, Rests},
};
use crate::{
    preferences::unix_seconds,
    records::{Answer, AnswerState, Cause, ConsentRecord, Instant, RecordId, Surface},
};

/// Records that are read at once.
const PAGE: usize = 1000;

/// A consumer's request to opt out, and how it was answered: what 11 CCR §7101(b) asks for, from one
/// record. An [`Archive`] returns them.
///
/// ```
/// use tower_cookie_consent::records::{OptOutRequest, OptOutResponse};
///
/// fn line(request: &OptOutRequest) -> String {
///     let is_whole = request.response == OptOutResponse::Complied;
///     format!("{} {} {is_whole}", request.requested_at, request.opted_out.join(" "))
/// }
/// ```
///
/// Source: California Code of Regulations, title 11, §7101; on the signal, §7025.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OptOutRequest {
    /// The record.
    pub record: RecordId,
    /// The date of the request.
    pub requested_at: Instant,
    /// The manner of the request: where it was made.
    pub surface: Surface,
    /// `true` if the browser sent the opt-out preference signal (`Sec-GPC: 1`) with it.
    pub gpc: bool,
    /// The rules of asking that the visitor falls under.
    pub regime: Option<String>,
    /// The categories and services that are denied since.
    pub opted_out: Vec<String>,
    /// The categories and services that stayed granted in spite of the signal, since the visitor granted them
    /// while it was sent. Empty without the signal: only what is opted out was asked for then.
    pub consented_to: Vec<String>,
    /// The date of the response. A denial is in force with the very response to the request.
    pub responded_at: Instant,
    /// The nature of the response.
    pub response: OptOutResponse,
}

/// The response to an [`OptOutRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OptOutResponse {
    /// Everything that was asked for is denied.
    Complied,
    /// Something was granted in spite of the signal.
    CompliedInPart,
    /// Everything was granted in spite of the signal.
    Denied,
}

impl OptOutRequest {
    /// Returns the request that a record is, if it is one: it denies what was not denied before, or it grants
    /// something while the signal is sent. What is denied by no answer of a visitor is none. With
    /// `is_taken_back`, nothing that it grants was ever in force.
    fn of(record: &ConsentRecord, is_taken_back: bool) -> Option<Self> {
        if record.cause != Cause::Choice {
            return None;
        }
        let ids = |is: fn(&Answer) -> bool| -> Vec<String> {
            let answers = record.answers.iter();
            let ids = answers.filter(|(_, answer)| is(answer));
            ids.map(|(id, _)| id.clone()).collect()
        };
        let signalled = record.is_signalled();
        let denied = |answer: &Answer| answer.state == AnswerState::Denied;
        let opted_out = match signalled {
            // It asks for everything anew.
            true => ids(denied),
            false => ids(|it| it.state == AnswerState::Denied && it.before != AnswerState::Denied),
        };
        let consented_to = match signalled && !is_taken_back {
            true => ids(|it| it.state == AnswerState::Granted),
            false => Vec::new(),
        };
        let response = match (opted_out.is_empty(), consented_to.is_empty()) {
            (true, true) => return None,
            (false, true) => OptOutResponse::Complied,
            (false, false) => OptOutResponse::CompliedInPart,
            (true, false) => OptOutResponse::Denied,
        };
        Some(Self {
            record: record.id,
            requested_at: record.recorded_at,
            surface: record.surface,
            gpc: signalled,
            regime: record.regime.clone(),
            opted_out,
            consented_to,
            responded_at: record.recorded_at,
            response,
        })
    }
}

impl Archive {
    /// Calls `each` with every request to opt out from one time to before another, in the order of time: each
    /// record that denies what was not denied before, and each that answers the opt-out preference signal.
    /// Which categories and services sell or share data is for the site to say.
    /// A grant that was [taken back](Self::taken_back), since it could not be saved, is none, and such a choice and the
    /// record of what was left of it are one request.
    ///
    /// The same [`RecordRetention`](super::RecordRetention) that purges keeps refusals for 25 months by
    /// default, and for at least 24.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails, or with the error of `each`.
    pub async fn opt_outs(
        &self,
        from: Instant,
        until: Instant,
        mut each: impl FnMut(&OptOutRequest) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        let now = unix_seconds(SystemTime::now());
        let end = until.unix_seconds().min(now);
        let progress = self.since_first(from.unix_seconds(), end).await?;
        // The rest of a choice from before `from` belongs to that time.
        let begin = from.unix_seconds().saturating_sub(rest::LONGEST_WAIT);
        let first = RecordId::at(begin, [0; 10]);
        // The very first id of that second could be a record's.
        let mut page: Vec<_> = self.store.find(first).await?.into_iter().collect();
        let (mut after, mut rests) = (first, Rests::default());
        loop {
            page.extend(self.store.records(Some(after), PAGE).await?);
            let Some(last) = whole_seconds(&mut page) else {
                break;
            };
            after = last;
            rests.forget_before(Instant::from_unix_seconds(page[0].record.id.unix_seconds()));
            let taken_back = self.with_taken_back(&mut page).await?;
            for stored in page.drain(..) {
                let record = &stored.record;
                if record.recorded_at >= until {
                    progress.up_to(None);
                    return Ok(());
                }
                let is_taken_back = taken_back.contains(&record.id);
                let Some(request) = OptOutRequest::of(record, is_taken_back) else {
                    continue;
                };
                let is_rest = match is_taken_back {
                    true => {
                        rests.note(&stored);
                        false
                    }
                    false => rests.take(&stored),
                };
                if record.recorded_at >= from && !is_rest {
                    each(&request)?;
                }
            }
            progress.up_to(Some(after));
        }
        progress.up_to(None);
        Ok(())
    }

    /// Returns those of a page whose grants were taken back, and puts them ahead of the others of their second.
    async fn with_taken_back(
        &self,
        page: &mut [StoredRecord],
    ) -> Result<BTreeSet<RecordId>, ArchiveError> {
        let choices = page.iter().map(|stored| &stored.record);
        let grants = choices.filter(|record| record.cause == Cause::Choice && record.grants());
        let grants: Vec<_> = grants
            .filter(|record| record.may_opt_out())
            .map(|record| record.id)
            .collect();
        let taken_back = self.taken_back(&grants).await?;
        page.sort_by_key(|stored| {
            let id = stored.record.id;
            (id.unix_seconds(), !taken_back.contains(&id))
        });
        Ok(taken_back)
    }
}

/// Leaves the last second of a full page to the next one, if it may go on there. Returns the last id of the rest.
fn whole_seconds(page: &mut Vec<StoredRecord>) -> Option<RecordId> {
    let second = |stored: &StoredRecord| stored.record.id.unix_seconds();
    let last = second(page.last()?);
    let whole = page.partition_point(|stored| second(stored) < last);
    if page.len() >= PAGE && whole > 0 {
        page.truncate(whole);
    }
    page.last().map(|last| last.record.id)
}
