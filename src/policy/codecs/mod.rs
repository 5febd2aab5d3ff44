//! Readers of the cookies in which other tools store the visitor's choice (feature `codecs`).
//!
//! [`format`] is what a reader implements, [`reader`] the part that they share, [`json`] their form in
//! a policy's JSON. Each other file reads the cookies of one tool.

mod aspnet;
mod c15t;
mod dates;
mod django_cookie_consent;
mod format;
mod govuk;
mod json;
mod klaro;
mod matomo;
mod opendatasoft;
mod orejime;
mod osano;
mod reader;
#[cfg(test)]
mod tables;
mod tarteaucitron;
mod text;
mod undated;
mod vanilla_cookieconsent;

pub use self::{
    aspnet::AspNet, c15t::C15t, django_cookie_consent::DjangoCookieConsent, format::Undated,
    govuk::GovUk, klaro::Klaro, matomo::MatomoConsent, opendatasoft::Opendatasoft,
    orejime::Orejime, osano::Osano, tarteaucitron::Tarteaucitron,
    vanilla_cookieconsent::VanillaCookieconsent,
};

pub(super) use self::json::{codec_of, json_of};
