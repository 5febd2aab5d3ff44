//! Receipts: what a visitor decided, signed, in the form of ISO/IEC TS 27560.

mod issuer;
mod law;
mod parties;
mod published;
mod reader;
mod statement;
mod vocabulary;

pub(super) use issuer::Receipts;
pub(super) use reader::reader;
