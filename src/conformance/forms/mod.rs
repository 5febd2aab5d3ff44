//! The forms of a site that its test fills in: what the page says of them, and what browsers send.

mod filled;
mod found;
mod site_form;

use self::found::FoundForm;

pub use self::site_form::{SiteForm, SiteRequest};
pub(super) use self::{filled::Filled, site_form::RequestKind};
