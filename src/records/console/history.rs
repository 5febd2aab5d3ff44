//! The records of one visitor.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{console::Settings, viewer::Viewer};
use crate::records::{AnswerState, Cause, RecordId, StoredRecord, Surface};

#[derive(Debug, Serialize)]
pub(super) struct History {
    mount: String,
    viewer: String,
    records: Vec<RecordView>,
}

#[derive(Debug, Serialize)]
struct RecordView {
    id: String,
    recorded_at: String,
    decided_at: String,
    site: String,
    surface: Surface,
    cause: Cause,
    is_unconfirmed: bool,
    is_taken_back: bool,
    language: Option<String>,
    regime: Option<String>,
    gpc: bool,
    policy: String,
    shown: Option<String>,
    leaf: Option<u64>,
    answers: Vec<AnswerView>,
}

#[derive(Debug, Serialize)]
struct AnswerView {
    id: String,
    before: AnswerState,
    now: AnswerState,
}

impl History {
    pub(super) fn new(
        settings: &Settings,
        viewer: &Viewer,
        records: &[StoredRecord],
        taken_back: &BTreeSet<RecordId>,
    ) -> Self {
        let view =
            |stored: &StoredRecord| RecordView::new(stored, taken_back.contains(&stored.record.id));
        Self {
            mount: settings.mount.clone(),
            viewer: viewer.name().to_owned(),
            records: records.iter().map(view).collect(),
        }
    }
}

impl RecordView {
    fn new(stored: &StoredRecord, is_taken_back: bool) -> Self {
        let record = &stored.record;
        let answers = record.answers.iter();
        Self {
            id: record.id.to_string(),
            recorded_at: record.recorded_at.to_string(),
            decided_at: record.decided_at.to_string(),
            site: record.site.clone(),
            surface: record.surface,
            cause: record.cause,
            is_unconfirmed: record.cause == Cause::Unconfirmed,
            is_taken_back,
            language: record.language.clone(),
            regime: record.regime.clone(),
            gpc: record.gpc,
            policy: record.policy.to_string(),
            shown: record.shown.map(|shown| shown.to_string()),
            leaf: stored.leaf,
            answers: answers
                .map(|(id, answer)| AnswerView {
                    id: id.clone(),
                    before: answer.before,
                    now: answer.state,
                })
                .collect(),
        }
    }
}
