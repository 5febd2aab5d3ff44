//! The response filter: every `Set-Cookie` header is judged, whoever wrote it.

mod decided;
mod decision;
mod filter;
mod new_choice;
mod preferences;
mod survey;

pub(super) use self::{decided::Seen, survey::SetCookieSurvey};
