//! Fingerprints: they identify the policy and the texts under which a choice was made.

use std::fmt;

use super::{Category, CookieDeclaration, TrackerKind};

/// A stable identifier of what a [`CookiePolicy`](crate::CookiePolicy) enforces or shows, for the record of a choice.
///
/// It is a 128-bit FNV-1a hash of a canonical form, written as `fnv1a-128:` and 32 hex digits. The
/// form begins with its own name and version (`tower-cookie-consent/enforced/1`,
/// `tower-cookie-consent/texts/1`). Each string is preceded by its length in bytes and each list by
/// its count; numbers are 64 bits in network order; an absent text is a zero byte, and a present
/// one begins with a one. It does not change between releases of this crate.
///
/// FNV distinguishes policies, but does not protect against forgery. (The forms of the pages carry the
/// first half of a SHA-256 of the same form of the texts where the feature `records` is on.)
///
/// Source of the algorithm: RFC 9923.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fnv1a-128:{:032x}", self.0)
    }
}

/// Writes categories and names in sorted order: moving a row does not change what is enforced.
pub(super) fn enforced(preferences_cookie: &str, categories: &[Category]) -> Fingerprint {
    let mut form = HashedForm::new("tower-cookie-consent/enforced/1");
    form.string(preferences_cookie);
    let mut sorted: Vec<&Category> = categories.iter().collect();
    sorted.sort_unstable_by_key(|category| category.id());
    form.count(sorted.len());
    for category in &sorted {
        form.string(category.id());
        form.string(category.basis().word());
        form.number(u64::from(category.get_since()));
        let mut names: Vec<&str> = category
            .get_cookies()
            .iter()
            .filter(|cookie| cookie.is_own_cookie())
            .map(CookieDeclaration::name)
            .collect();
        names.sort_unstable();
        form.count(names.len());
        for name in names {
            form.string(name);
        }
    }
    headers(&mut form, &sorted);
    services(&mut form, categories);
    form.finish()
}

/// Writes each service with everything that is enforced about it. (A policy without any keeps the
/// fingerprint that it had before services could be declared.)
fn services(form: &mut HashedForm, categories: &[Category]) {
    let mut services: Vec<_> = categories
        .iter()
        .flat_map(|category| {
            let services = category.get_services().iter();
            services.map(move |service| (service.id(), category, service))
        })
        .collect();
    services.sort_unstable_by_key(|(id, ..)| *id);
    for (id, category, service) in services {
        form.string("service");
        form.string(id);
        form.string(category.id());
        form.number(u64::from(service.get_since()));
        let of_kind = |fits: fn(&CookieDeclaration) -> bool| {
            let rows = service.get_cookies().iter().filter(|row| fits(row));
            rows.map(|row| row.name().to_owned()).collect()
        };
        for mut list in [
            of_kind(CookieDeclaration::is_own_cookie),
            of_kind(|row| row.get_kind() == TrackerKind::Header),
            service.get_origins().to_vec(),
            service.get_markers().to_vec(),
        ] {
            list.sort_unstable();
            form.count(list.len());
            for text in &list {
                form.string(text);
            }
        }
    }
}

/// Writes the headers of each category that declares any. (They come last, so that a policy without
/// any keeps the fingerprint that it had before headers could be declared.)
fn headers(form: &mut HashedForm, categories: &[&Category]) {
    for category in categories {
        let headers = category.get_cookies().iter();
        let headers = headers.filter(|row| row.get_kind() == TrackerKind::Header);
        let mut names: Vec<_> = headers.map(|row| row.name().to_ascii_lowercase()).collect();
        if names.is_empty() {
            continue;
        }
        names.sort_unstable();
        form.string("headers");
        form.string(category.id());
        form.count(names.len());
        for name in &names {
            form.string(name);
        }
    }
}

/// A hash that takes bytes.
pub(super) trait Bytes {
    fn add(&mut self, bytes: &[u8]);
}

pub(super) struct Fnv(u128);

impl Fnv {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
}

impl Bytes for Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(Self::PRIME);
        }
    }
}

#[cfg(all(feature = "pages", feature = "records"))]
impl Bytes for sha2::Sha256 {
    fn add(&mut self, bytes: &[u8]) {
        sha2::Digest::update(self, bytes);
    }
}

pub(super) struct HashedForm<H = Fnv>(pub(super) H);

impl HashedForm {
    pub(super) fn new(kind: &str) -> Self {
        let mut form = Self(Fnv(Fnv::OFFSET));
        form.string(kind);
        form
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.0)
    }
}

impl<H: Bytes> HashedForm<H> {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.add(bytes);
    }

    pub(super) fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(super) fn string(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    pub(super) fn option(&mut self, text: Option<&str>) {
        match text {
            None => self.bytes(&[0]),
            Some(text) => {
                self.bytes(&[1]);
                self.string(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CookiePolicy, PreferencesCookie, Reason, Retention, Text};

    fn fnv(bytes: &[u8]) -> String {
        let mut form = HashedForm(Fnv(Fnv::OFFSET));
        form.bytes(bytes);
        form.finish().to_string()
    }

    fn categories() -> [Category; 2] {
        [
            Category::necessary("needed")
                .title([("fr", "Nécessaires"), ("en", "Necessary")])
                .cookie(
                    CookieDeclaration::new("sessionid")
                        .reason(Reason::Other("Login".into()))
                        .provider("Opendatasoft")
                        .purpose([("fr", "Session")])
                        .retention(Retention::days(14)),
                ),
            Category::consent("ads")
                .cookie(CookieDeclaration::new("_ga_*").privacy_url("https://example.org"))
                .cookie(CookieDeclaration::new("key").kind(TrackerKind::Storage)),
        ]
    }

    fn enforced_of(categories: impl IntoIterator<Item = Category>) -> Fingerprint {
        CookiePolicy::new(categories).unwrap().fingerprint()
    }

    /// Test vectors of RFC 9923.
    #[test]
    fn is_fnv_1a() {
        assert_eq!(fnv(b""), "fnv1a-128:6c62272e07bb014262b821756295c58d");
        assert_eq!(fnv(b"a"), "fnv1a-128:d228cb696f1a8caf78912b704e4a8964");
        assert_eq!(fnv(b"foobar"), "fnv1a-128:343e1662793c64bf6f0d3597ba446f18");
    }

    /// Computed by another program. Sites store these in their records, so never change one: start
    /// a new version of the form.
    #[test]
    fn stays_the_same_across_releases() {
        let policy = CookiePolicy::new(categories()).unwrap();
        assert_eq!(
            policy.fingerprint().to_string(),
            "fnv1a-128:8ac623d3361061e093a826293af6fcef"
        );
        assert_eq!(
            policy.text_fingerprint("fr").to_string(),
            "fnv1a-128:550f5196d3188cd3b3c441f569a10d90"
        );
        assert_eq!(
            policy.text_fingerprint("en").to_string(),
            "fnv1a-128:8c07f2db7843626736cfbc019dd5cbe2"
        );
        assert_eq!(
            policy.text_fingerprint("en-GB"),
            policy.text_fingerprint("en")
        );
        assert_eq!(policy.text_fingerprint("de"), policy.text_fingerprint("en"));
    }

    /// Computed by another program. It holds in forms that are open for hours.
    #[cfg(all(feature = "pages", feature = "records"))]
    #[test]
    fn forms_carry_a_cryptographic_one_with_records() {
        let policy = CookiePolicy::new(categories()).unwrap();
        let (french, english) = (policy.form_texts("fr"), policy.form_texts("en"));
        assert_eq!(french, "sha256-128:844aeb7a4c505345c9793aa4f2c930d7");
        assert_eq!(english, "sha256-128:891c65b314d4f08149da95ecc2ce49c7");
    }

    #[test]
    fn counts_what_is_enforced() {
        let same = enforced_of(categories());
        let [needed, ads] = categories();
        let add = |name: &str| {
            [
                needed.clone(),
                ads.clone().cookie(CookieDeclaration::new(name)),
            ]
        };
        assert_ne!(enforced_of(add("x")), same);
        assert_ne!(enforced_of(add("x")), enforced_of(add("x*")));
        assert_ne!(enforced_of([needed.clone()]), same);
        let moved = Category::exempt("ads").cookies(ads.get_cookies().iter().cloned());
        assert_ne!(enforced_of([needed.clone(), moved]), same);
        let renamed = Category::consent("adz").cookies(ads.get_cookies().iter().cloned());
        assert_ne!(enforced_of([needed.clone(), renamed]), same);
        let later = [needed.clone(), ads.clone().since(2)];
        let policy = CookiePolicy::builder()
            .revision(2)
            .categories(later)
            .build()
            .unwrap();
        assert_ne!(policy.fingerprint(), same);
        let policy = CookiePolicy::builder()
            .revision(2)
            .since(2)
            .categories(categories());
        assert_ne!(policy.build().unwrap().fingerprint(), same);
        let policy = CookiePolicy::builder().preferences_cookie(PreferencesCookie::new("p"));
        assert_ne!(
            policy
                .categories(categories())
                .build()
                .unwrap()
                .fingerprint(),
            same
        );
    }

    #[test]
    fn counts_nothing_else() {
        let same = enforced_of(categories());
        let [needed, ads] = categories();
        assert_eq!(enforced_of([ads.clone(), needed.clone()]), same);
        assert_eq!(
            enforced_of([needed.clone().title("x"), ads.clone().since(1)]),
            same
        );
        let storage = CookieDeclaration::new("other").kind(TrackerKind::Storage);
        assert_eq!(enforced_of([needed, ads.cookie(storage)]), same);
        let policy = CookiePolicy::builder().revision(7).categories(categories());
        assert_eq!(policy.build().unwrap().fingerprint(), same);
    }

    #[test]
    fn counts_headers_by_category_and_whatever_their_case() {
        let header = |name: &str| CookieDeclaration::new(name).kind(TrackerKind::Header);
        let with = |first: &[&str], second: &[&str]| {
            let [needed, ads] = categories();
            let first = first.iter().map(|name| header(name));
            enforced_of([
                needed.cookies(first.collect::<Vec<_>>()),
                ads.cookies(second.iter().map(|name| header(name)).collect::<Vec<_>>()),
            ])
        };
        assert_eq!(with(&[], &[]), enforced_of(categories()));
        assert_eq!(with(&["ETag", "NEL"], &[]), with(&["nel", "etag"], &[]));
        let all = [
            with(&[], &[]),
            with(&["ETag"], &[]),
            with(&[], &["ETag"]),
            with(&["ETag"], &["NEL"]),
            with(&["ETag", "NEL"], &[]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }

    #[test]
    fn counts_texts_by_language() {
        let of = |title: Text| {
            let policy = CookiePolicy::new([Category::consent("a").title(title)]).unwrap();
            (policy.text_fingerprint("fr"), policy.text_fingerprint("en"))
        };
        let (fr, en) = of(Text::from([("fr", "oui"), ("en", "yes")]));
        assert_ne!(fr, en);
        let (other_fr, same_en) = of(Text::from([("fr", "si"), ("en", "yes")]));
        assert_ne!(fr, other_fr);
        assert_eq!(en, same_en);
        assert_eq!(of(Text::from("yes")), (en, en));
    }

    /// Without lengths, text that moves from one string to the next would make no difference.
    #[test]
    fn keeps_strings_apart() {
        let of = |title: &str, text: &str| {
            let category = Category::consent("a").title(title).description(text);
            CookiePolicy::new([category])
                .unwrap()
                .text_fingerprint("en")
        };
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_ne!(of("", "a"), of("a", ""));
    }
}
