//! The pack of evidence: one folder that a data protection officer can archive or hand to an authority.

// Knows the kit, `pages`, `records` and `diff`.

mod builder;
mod captures;
mod checks;
mod declared;
mod documents;
mod error;
mod exchange;
mod fault;
mod folder;
mod gaps;
mod index;
mod input;
mod item;
mod law;
mod manifest;
mod markdown;
mod pack;
mod recipients;
mod register;
mod stored;
mod surfaces;
mod verifier;
mod visits;

pub use self::{
    builder::Evidence,
    error::EvidenceError,
    fault::{EvidenceFault, EvidenceFaultKind, EvidenceFaults},
    pack::EvidencePack,
    verifier::{EvidenceVerifier, VerifiedEvidence},
    visits::CapturedVisits,
};
