//! The cookie that stores the visitor's choice.

use super::{
    CookiePolicy, PreferencesCodec,
    codec::Codec,
    former_cookie::{FormerCookie, FormerCookies},
    json::{self, object},
    signing::Signing,
};
use crate::{
    preferences::{Choice, DecodeError, Decoded, EncodeError},
    wire::{MAX_PAIR, SameSite},
};

const DEFAULT_NAME: &str = "cookies_preferences";

object! {
    /// The cookie that stores the visitor's choice: its name and attributes. Its path is always
    /// `/`, and its lifetime is the policy's choice lifetime.
    ///
    /// It is always necessary, whether or not it is declared; a declaration in a necessary category
    /// adds its texts to the cookie policy page.
    ///
    /// Any subdomain of a site can set a cookie for the whole site, and thus a choice that the
    /// visitor did not make. Browsers prevent this for names that begin with `__Host-`, so use such
    /// a name if the choice is for one host.
    ///
    /// Methods that set something have a plain name, and those that read it are called `get_…`, as
    /// in [`std::process::Command`].
    ///
    /// ```
    /// use tower_cookie_consent::preferences::{JsonCodec, PreferencesCookie, SameSite};
    ///
    /// let cookie = PreferencesCookie::default();
    /// assert_eq!((cookie.name(), cookie.get_domain()), ("cookies_preferences", None));
    /// assert!(cookie.get_secure() && !cookie.get_http_only());
    /// assert_eq!(cookie.get_same_site(), SameSite::Lax);
    ///
    /// // One choice for all hosts of a domain, which no script reads, over plain HTTP:
    /// let cookie = PreferencesCookie::new("choice")
    ///     .domain("example.org")
    ///     .http_only(true)
    ///     .same_site(SameSite::Strict)
    ///     .secure(false)
    ///     .keep(["matomo"])
    ///     .codec(JsonCodec::default());
    /// assert_eq!(cookie.get_keep().collect::<Vec<_>>(), ["matomo"]);
    /// assert_eq!(cookie.extra("x-owner"), None, "such keys come from a file");
    /// ```
    #[must_use]
    pub struct PreferencesCookie: "the preferences cookie" {
        keys {
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<String> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            domain: Option<String> = None,
            secure: bool = true,
            http_only: bool = false,
            same_site: SameSite = SameSite::Lax,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            keep: Vec<String> = Vec::new(),
            #[serde(skip_serializing_if = "Codec::is_not_json")]
            codec: Codec = Codec::default(),
            #[serde(skip_serializing_if = "FormerCookies::are_none")]
            also_read: FormerCookies = FormerCookies::default(),
            #[serde(skip_serializing_if = "Signing::is_unmentioned")]
            signed: Signing = Signing::default(),
        }
        others {
            follows: bool = false,
        }
    }
}

impl PreferencesCookie {
    /// Creates a host-only cookie of this name with `Secure`, `SameSite=Lax`, and without
    /// `HttpOnly`, so that scripts can read the choice.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::empty()
        }
    }

    /// Follows the choice that another tool stores, such as the banner that the site already has: the
    /// codec's cookie is read, and never written or removed. The name is the codec's
    /// [`default_name`](PreferencesCodec::default_name); for another name, use
    /// `PreferencesCookie::new(name).codec(codec)`.
    ///
    /// [`Consent::set_cookie`](crate::Consent::set_cookie) can't set a choice then, and gives an
    /// error that says so. The attributes of the cookie do not matter, since its tool writes it.
    ///
    /// ```
    /// use tower_cookie_consent::preferences::{JsonCodec, PreferencesCookie};
    ///
    /// // Another service of the site asks, and stores the choice in the crate's own format.
    /// let cookie = PreferencesCookie::follow(JsonCodec::default());
    /// assert_eq!(cookie.name(), "cookies_preferences");
    /// ```
    pub fn follow(codec: impl PreferencesCodec + 'static) -> Self {
        let name = codec.default_name().unwrap_or(DEFAULT_NAME).to_owned();
        Self {
            follows: true,
            ..Self::new(name).codec(codec)
        }
    }

    /// Sets the domain for whose hosts the choice counts: a host name in ASCII, without a port. The
    /// policy stores it in lower case and without a leading dot. Default: none, only this host.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets `Secure` (default: true). Browsers only accept such a cookie over HTTPS, and some of
    /// them over plain HTTP from `localhost`.
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Sets `HttpOnly`, so that scripts can't read it (default: false).
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// Sets `SameSite` (default: [`SameSite::Lax`]).
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Keeps these members of the value in addition to the choice: for page scripts or other tools
    /// that read their own keys in the same JSON object. Default: none, so that no member can
    /// identify a visitor unless the site lists it here. The crate does not inspect their values.
    ///
    /// When a new choice is written, a member is kept as it was received, if it fits. Members are
    /// not kept on a refusal (a choice that denies something and grants no consent category), nor
    /// if several preferences cookies were received, since another host may have planted one of
    /// them. If a response sets the cookie with other members, it is withheld:
    /// [`Withheld::UnknownMembers`](crate::Withheld::UnknownMembers).
    ///
    /// ```
    /// use tower_cookie_consent::preferences::PreferencesCookie;
    ///
    /// // The trackers' own keys, which the portal's scripts read:
    /// let cookie = PreferencesCookie::default().keep(["matomo", "xiti"]);
    /// assert_eq!(cookie.get_keep().collect::<Vec<_>>(), ["matomo", "xiti"]);
    /// ```
    pub fn keep<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.keep.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets how the choice is encoded in the value and decoded (default:
    /// [`JsonCodec`](crate::preferences::JsonCodec)). Of a policy's JSON, only the readers of the
    /// feature `codecs` are part (key `codec`).
    pub fn codec(mut self, codec: impl PreferencesCodec + 'static) -> Self {
        self.codec = Codec::custom(codec);
        self
    }

    /// Also reads the choice from a cookie that stored it earlier, for visitors without the preferences
    /// cookie: after a change of name or domain, or from another tool's banner to the crate's own pages.
    /// Default: none.
    ///
    /// The next response to such a visitor stores the same choice, with its date, in the preferences
    /// cookie, and removes the former one, unless a shared cache would keep the response or the service
    /// sets a choice itself. So does [`Consent::set_cookie`](crate::Consent::set_cookie) for a new
    /// choice. As soon as there is a preferences cookie, former ones do not count: an old refusal
    /// does not count beside a new consent.
    ///
    /// Any host of the domain can set a cookie of another name than `__Host-…`, so as long as the former
    /// one is read, such a host can make a choice for visitors who have not made one. Remove it from the
    /// policy after a choice lifetime.
    ///
    /// If only the domain changes, name the preferences cookie itself with the domain that it had.
    /// Without it, browsers keep both, and both count until the visitor chooses again.
    ///
    /// ```
    /// use tower_cookie_consent::preferences::{FormerCookie, PreferencesCookie};
    ///
    /// // It was `consent` for all hosts of example.org, and is `choice` for this host.
    /// let cookie = PreferencesCookie::new("choice")
    ///     .also_read(FormerCookie::new("consent").domain("example.org"));
    /// // It was for all hosts of example.org, and is for this host.
    /// let cookie = PreferencesCookie::new("choice")
    ///     .also_read(FormerCookie::new("choice").domain("example.org"));
    /// ```
    pub fn also_read(mut self, former: impl Into<FormerCookie>) -> Self {
        self.also_read.0.push(former.into());
        self
    }

    /// Signs the cookie with HMAC-SHA-256, so that other hosts of the domain can't make up consent (feature
    /// `signed`). The key is at least 32 random bytes, which the site's services share and use for nothing
    /// else. Call this again to add earlier keys: the first one signs, and all of them verify.
    ///
    /// The signature covers `name=value` and follows the value as a dot and 43 characters of base64url (RFC 4648 §5, without
    /// padding), which count towards the 4,096 bytes of a cookie. A value without it, or with a wrong one, counts as
    /// [`DecodeError::Signature`]: nothing of it is granted, exempt
    /// categories are withheld, and what it denies stays denied. So do former cookies
    /// ([`also_read`](Self::also_read)) that were not signed with one of the keys under their own name.
    /// A response can't set such a value. Whoever allowed something before the site signed is asked again.
    ///
    /// A signature does not tie a value to a visitor, since the cookie has no id: a host that got a
    /// signed consent in its own browser can set a copy in another. Only a name that begins with `__Host-`
    /// prevents that, for one host.
    ///
    /// A policy's JSON has no key. With `"signed": true` in it, reading the policy without one is an
    /// error: see [`CookiePolicyBuilder::signed`](crate::policy::CookiePolicyBuilder::signed).
    ///
    /// ```
    /// # let (new_key, old_key) = ([1_u8; 32], [2_u8; 32]);
    /// use tower_cookie_consent::{Category, Consent, CookiePolicy, preferences::PreferencesCookie};
    ///
    /// let cookie = PreferencesCookie::new("choice").domain("shop.example");
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(cookie.signed(new_key).signed(old_key))
    ///     .category(Category::consent("ads"))
    ///     .build()?;
    /// let consent = Consent::undecided(policy);
    /// let header = consent.set_cookie(consent.accept_all()).header_value();
    /// let (value, signature) = header.to_str()?.split(';').next().unwrap().rsplit_once('.').unwrap();
    /// assert!(value.starts_with("choice=%7B%22ads%22%3Atrue") && signature.len() == 43);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "signed")]
    pub fn signed(mut self, key: impl AsRef<[u8]>) -> Self {
        self.signed.add(key.as_ref());
        self
    }

    /// Returns the cookies that are also read; see [`also_read`](Self::also_read).
    ///
    /// ```
    /// use tower_cookie_consent::preferences::{FormerCookie, PreferencesCookie};
    ///
    /// let cookie = PreferencesCookie::new("choice").also_read("consent");
    /// let former: Vec<_> = cookie.get_also_read().map(FormerCookie::name).collect();
    /// assert_eq!(former, ["consent"]);
    /// ```
    pub fn get_also_read(&self) -> impl Iterator<Item = &FormerCookie> {
        self.also_read.0.iter()
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        let default = || self.codec.get().default_name().unwrap_or(DEFAULT_NAME);
        self.name.as_deref().unwrap_or_else(default)
    }

    /// Writes the name down, so that it does not depend on the codec any more.
    pub(super) fn settle_name(&mut self) {
        self.name = Some(self.name().to_owned());
    }

    /// Returns the domain, or `None` if it is host-only.
    #[must_use]
    pub fn get_domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Returns `true` if it has `Secure`.
    #[must_use]
    pub fn get_secure(&self) -> bool {
        self.secure
    }

    /// Returns `true` if it has `HttpOnly`.
    #[must_use]
    pub fn get_http_only(&self) -> bool {
        self.http_only
    }

    /// Returns its `SameSite`.
    #[must_use]
    pub fn get_same_site(&self) -> SameSite {
        self.same_site
    }

    /// Returns the other members that are kept in the value; see [`keep`](Self::keep).
    pub fn get_keep(&self) -> impl Iterator<Item = &str> {
        self.keep.iter().map(String::as_str)
    }

    pub(crate) fn keeps(&self, member: &[u8]) -> bool {
        self.keep.iter().any(|kept| kept.as_bytes() == member)
    }

    /// Returns the names of all cookies that its codec reads: its own, unless the codec says
    /// otherwise. Returns `None` if the codec panicked.
    pub(super) fn names_read(&self) -> Option<Vec<String>> {
        let names = self.codec.names(self.name())?;
        Some(match names.is_empty() {
            true => vec![self.name().to_owned()],
            false => names,
        })
    }

    /// Returns the names of the cookies that each former one reads, or `None` if a codec panicked. The
    /// preferences cookie itself is not read again.
    pub(super) fn former_names(&self) -> Option<Vec<Vec<String>>> {
        let formers = self.also_read.0.iter().map(|former| {
            if former.name == self.name() {
                return Some(Vec::new());
            }
            let names = self.codec_of(former).names(&former.name)?;
            Some(match names.is_empty() {
                true => vec![former.name.clone()],
                false => names,
            })
        });
        formers.collect()
    }

    fn codec_of<'a>(&'a self, former: &'a FormerCookie) -> &'a Codec {
        former.codec.as_ref().unwrap_or(&self.codec)
    }

    /// Decodes the values of a former cookie.
    ///
    /// # Errors
    ///
    /// As for [`decode`](Self::decode).
    pub(crate) fn decode_former(
        &self,
        number: usize,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        now: u64,
    ) -> Result<Decoded, DecodeError> {
        let former = self.also_read.0.get(number);
        let codec = former.map_or(&self.codec, |former| self.codec_of(former));
        let decode = |values: &[Option<&[u8]>]| codec.decode(policy, values, now);
        match (self.is_signed(), former) {
            (true, Some(former)) => self.decode_signed(&former.name, values, decode),
            _ => decode(values),
        }
    }

    /// Decodes a value.
    ///
    /// # Errors
    ///
    /// The reason why it can't be read, which may be a panic.
    #[inline]
    pub(crate) fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        now: u64,
    ) -> Result<Decoded, DecodeError> {
        match self.signed.is_off() {
            true => self.codec.decode(policy, values, now),
            false => self.decode_signed(self.name(), values, |values| {
                self.codec.decode(policy, values, now)
            }),
        }
    }

    /// Decodes a value without its signature. If that is missing or wrong, only denials count.
    #[inline(never)]
    fn decode_signed(
        &self,
        name: &str,
        values: &[Option<&[u8]>],
        decode: impl Fn(&[Option<&[u8]>]) -> Result<Decoded, DecodeError>,
    ) -> Result<Decoded, DecodeError> {
        let [Some(value)] = values else {
            return Ok(decode(values)?.unsigned());
        };
        let (value, is_right) = self.signed.check(name, value);
        let decoded = decode(&[Some(value)])?;
        Ok(match is_right {
            true => decoded,
            false => decoded.unsigned(),
        })
    }

    /// Returns `true` if it has a key.
    pub(super) fn is_signed(&self) -> bool {
        !self.signed.is_off()
    }

    /// Returns the value, encoded for a cookie, with its signature.
    pub(crate) fn sign(&self, value: String) -> String {
        match self.signed.is_off() {
            true => value,
            false => self.signed.sign(self.name(), value),
        }
    }

    /// Returns the number of bytes that a value has at most, beside its signature: browsers count the
    /// cookie's name, too (RFC 6265bis §5.6).
    pub(crate) fn room(&self) -> usize {
        MAX_PAIR.saturating_sub(self.name().len() + self.signed.length())
    }

    /// Returns `true` if another tool writes it: it is followed, or its codec is a reader of the
    /// feature `codecs`.
    pub(super) fn is_only_read(&self) -> bool {
        self.follows || !self.codec.is_not_json()
    }

    /// Returns what of the codec does not fit the policy, or `None` if it panicked.
    pub(super) fn problems(&self, policy: &CookiePolicy) -> Option<Vec<String>> {
        let codecs = self
            .also_read
            .0
            .iter()
            .filter_map(|former| former.codec.as_ref());
        let mut problems = Vec::new();
        for codec in std::iter::once(&self.codec).chain(codecs) {
            problems.extend(codec.problems(policy)?);
        }
        Some(problems)
    }

    /// Encodes a choice.
    ///
    /// # Errors
    ///
    /// The cookie is another tool's, or the codec only reads, or it panicked.
    pub(crate) fn encode(
        &self,
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
    ) -> Result<String, EncodeError> {
        if self.follows {
            return Err(EncodeError::ReadOnly);
        }
        let previous = previous.map(|value| match self.signed.is_off() {
            true => value,
            false => self.signed.check(self.name(), value).0,
        });
        self.codec.encode(policy, choice, previous)
    }

    /// Returns `true` if the codec has panicked while writing since the last call.
    pub(crate) fn take_panic(&self) -> bool {
        self.codec.take_panic()
    }

    /// Returns the value of a key that begins with `x-`, as in the JSON file.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }
}

/// Returns a cookie with the default name `cookies_preferences`.
impl Default for PreferencesCookie {
    fn default() -> Self {
        Self::new(DEFAULT_NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_its_attributes() {
        let cookie = PreferencesCookie::new("p")
            .domain("example.org")
            .secure(false)
            .http_only(true)
            .same_site(SameSite::Strict);
        assert_eq!(
            serde_json::to_string(&cookie).unwrap(),
            r#"{"name":"p","domain":"example.org","secure":false,"http_only":true,"same_site":"strict"}"#
        );
        assert!(
            serde_json::to_string(&cookie.keep(["a", "b"]))
                .unwrap()
                .ends_with(r#""same_site":"strict","keep":["a","b"]}"#)
        );
    }
}
