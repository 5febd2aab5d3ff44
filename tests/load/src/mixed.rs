//! The cookies of each request and their expected fates: determined by the number of the request,
//! so that upstream and client know them without communicating.

/// The visitor who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    Undecided,
    Accepted,
    Refused,
}

impl Visitor {
    pub(crate) const ALL: [Self; 3] = [Self::Undecided, Self::Accepted, Self::Refused];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Undecided => "undecided visitors",
            Self::Accepted => "who accepted",
            Self::Refused => "who refused, and still send the cookies",
        }
    }

    pub(crate) const fn gets(self, fate: Fate) -> bool {
        match fate {
            Fate::Always => true,
            Fate::Exempt => !matches!(self, Self::Refused),
            Fate::Consent => matches!(self, Self::Accepted),
            Fate::Never => false,
        }
    }
}

/// The visitors for whom a cookie passes under the policy `portal.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Always,
    Exempt,
    Consent,
    Never,
}

/// `#` represents a number, `~` a byte that is not ASCII.
const SET_COOKIES: [(&str, Fate); 20] = [
    ("sessionid=#; Path=/; HttpOnly; SameSite=Lax", Fate::Always),
    ("sessionid=\"~#\";path=/ ; Secure", Fate::Always),
    ("  sessionid = #; Path=/", Fate::Always),
    ("csrftoken=#; Max-Age=31449600; Path=/", Fate::Always),
    (
        "django_language=~#; Expires=Fri, 01 Jan 2077 00:00:00 GMT",
        Fate::Always,
    ),
    ("_ga=; Max-Age=0; Path=/", Fate::Always),
    (
        "ab_group=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0",
        Fate::Always,
    ),
    ("_pk_id.1.abcd=#; Max-Age=3600", Fate::Exempt),
    ("_pk_id.2.ef=#.~", Fate::Exempt),
    ("_ga=GA1.1.#; Path=/; Max-Age=63072000", Fate::Consent),
    ("_ga_ABCDEF=GS1.1.#; Path=/", Fate::Consent),
    ("parcours=~#", Fate::Consent),
    ("recommandations=#; HttpOnly", Fate::Consent),
    ("ab_group=#; Path=/", Fate::Never),
    ("_GA=#", Fate::Never),
    ("=_ga=#", Fate::Never),
    ("no-value-#", Fate::Never),
    ("s~ssionid=#", Fate::Never),
    ("sessionid\t=#", Fate::Never),
    ("\"sessionid\"=#; sessionid=#", Fate::Never),
];

/// Returns none to ten of them, in some order.
pub(crate) fn set_cookies(request: u32) -> Vec<(Vec<u8>, Fate)> {
    let mut state = u64::from(request);
    let count = next(&mut state) % 11;
    (0..count)
        .filter_map(|_| {
            let number = next(&mut state);
            let row = usize::try_from(number % 20).ok()?;
            let (template, fate) = SET_COOKIES.get(row)?;
            let number = format!("{number:016x}");
            let mut field = Vec::with_capacity(template.len() + 16);
            for byte in template.bytes() {
                match byte {
                    b'#' => field.extend(number.as_bytes()),
                    b'~' => field.push(0xe9),
                    byte => field.push(byte),
                }
            }
            // Headers are trimmed on both ways (RFC 9110 §5.5).
            Some((field.trim_ascii().to_vec(), *fate))
        })
        .collect()
}

/// `SplitMix64`: the same sequence everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The cookies that every visitor's browser sends in addition to the preferences.
const CARRIED: [(&str, Fate); 6] = [
    ("sessionid=0123456789abcdef", Fate::Always),
    ("_ga=GA1.1.42.43", Fate::Consent),
    ("of-others=x", Fate::Always),
    ("_pk_id.1.abcd=e.f", Fate::Exempt),
    ("csrftoken=0123456789abcdef0123456789abcdef", Fate::Always),
    ("parcours=1", Fate::Consent),
];

/// Returns the Cookie header that the browser sends, and the one that the upstream may see.
pub(crate) fn cookie(visitor: Visitor, preferences: &str) -> (String, String) {
    let join = |allowed: &dyn Fn(Fate) -> bool| {
        let mut pairs: Vec<_> = CARRIED
            .iter()
            .filter(|(_, fate)| allowed(*fate))
            .map(|(pair, _)| *pair)
            .collect();
        if !preferences.is_empty() {
            pairs.push(preferences);
        }
        pairs.join("; ")
    };
    (join(&|_| true), join(&|fate| visitor.gets(fate)))
}

/// Returns the received cookies that were refused, in order: each is expired.
pub(crate) fn expired(visitor: Visitor) -> &'static [&'static str] {
    match visitor {
        Visitor::Refused => &["_ga", "_pk_id.1.abcd", "parcours"],
        Visitor::Undecided | Visitor::Accepted => &[],
    }
}
