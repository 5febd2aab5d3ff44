//! What happened to cookies, and who is told. No event holds a cookie's value.

mod log;
mod name;

pub(crate) use log::Log;

use crate::{
    consent::{Unreadable, Withheld},
    wire::Unclassifiable,
};

/// Which way a cookie went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the browser to the service.
    Request,
    /// From the service to the browser.
    Response,
}

/// One cookie that did not simply pass, or preferences that could not be read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    Withheld {
        way: Way,
        name: &'a [u8],
        category: Option<&'a str>,
        why: Withheld,
    },
    /// Without its name: what can't be read as one may be a value.
    Unclassifiable { way: Way, how: Unclassifiable },
    /// Unreadable preferences came in.
    Unreadable(Unreadable),
    /// A removal went out.
    Expired { name: &'a [u8] },
    /// What only some browsers take for a removal became one.
    Replaced { name: &'a [u8] },
    /// An exempt cookie's lifetime was cut to 13 months.
    Clamped { name: &'a [u8] },
}
