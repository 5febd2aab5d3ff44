//! Readers of the cookies in which other tools store the visitor's choice (feature `codecs`).
//!
//! [`mod@format`] is what a reader implements, [`mod@reader`] the part that they share, [`json`] their form in
//! a policy's JSON. Each other file reads the cookies of one tool.

mod aspnet;
mod axeptio;
mod borlabs;
mod c15t;
mod complianz;
mod cookiebot;
mod cookiefirst;
mod cookieyes;
mod dates;
mod didomi;
mod django_cookie_consent;
mod faz;
mod format;
mod govuk;
#[cfg(test)]
mod hostile;
mod iubenda;
mod json;
mod klaro;
mod matomo;
mod onetrust;
mod opendatasoft;
mod orejime;
mod osano;
mod pairs;
mod reader;
mod real_cookie_banner;
#[cfg(test)]
mod tables;
mod tarteaucitron;
#[cfg(test)]
mod tc_cases;
mod tc_string;
mod tcf;
mod text;
mod undated;
mod vanilla_cookieconsent;

pub use self::{
    aspnet::AspNet, axeptio::Axeptio, borlabs::Borlabs, c15t::C15t, complianz::Complianz,
    cookiebot::Cookiebot, cookiefirst::CookieFirst, cookieyes::CookieYes, didomi::Didomi,
    django_cookie_consent::DjangoCookieConsent, faz::Faz, format::Undated, govuk::GovUk,
    iubenda::Iubenda, klaro::Klaro, matomo::MatomoConsent, onetrust::OneTrust,
    opendatasoft::Opendatasoft, orejime::Orejime, osano::Osano,
    real_cookie_banner::RealCookieBanner, tarteaucitron::Tarteaucitron, tcf::TcString,
    vanilla_cookieconsent::VanillaCookieconsent,
};

pub(super) use self::json::{codec_of, json_of};
