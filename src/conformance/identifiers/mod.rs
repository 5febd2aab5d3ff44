//! What sets visitors apart who make the same choice at the same time.

mod sameness;
mod stored;

pub(super) use self::{
    sameness::without_times,
    stored::{StoredChoice, Trait, set_names},
};
