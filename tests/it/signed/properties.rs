//! One changed bit makes a signed cookie unreadable, and nobody but the site grants anything.

use http::header::SET_COOKIE;
use proptest::{
    collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest, sample::Index,
};
use tower_cookie_consent::{Consent, Verdict, Withheld};

use super::{BOTH, KEY, accepted, cookie, layer};
use crate::support::{exchange, request, response, value};

/// Every bit of the value and of its signature, as far as a header can carry the result.
#[test]
fn one_changed_bit_is_unreadable() {
    let layer = layer(cookie().signed(KEY));
    let signed = accepted().into_bytes();
    let start = b"cookies_preferences=".len();
    let mut tried = 0;
    for at in start..signed.len() {
        for bit in 0..8 {
            let mut changed = signed.clone();
            changed[at] ^= 1 << bit;
            let Ok(field) = http::HeaderValue::from_bytes(&changed) else {
                continue;
            };
            tried += 1;
            let exchange = exchange(
                &layer,
                request([("cookie", field.as_bytes())]),
                response(BOTH),
            );
            let consent = exchange.consent();
            let verdict = consent.verdict("_ga");
            assert_eq!(
                verdict,
                Verdict::Withheld(Withheld::Unreadable),
                "{field:?}"
            );
            assert!(exchange.set_cookies().is_empty(), "{field:?}");
        }
    }
    assert!(tried > 7 * (signed.len() - start) / 2, "{tried}");
}

proptest! {
    /// Whatever is set or sent without the key: put together from parts of what the site signed.
    #[test]
    fn nothing_without_the_key_grants(
        cuts in vec(any::<Index>(), 0..4),
        parts in vec(any::<Index>(), 1..6),
        noise in "[ -~]{0,12}",
    ) {
        let layer = layer(cookie().signed(KEY));
        let whole = accepted();
        let text = whole.strip_prefix("cookies_preferences=").unwrap();
        let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        at.extend([0, text.len()]);
        at.sort_unstable();
        let mut pieces: Vec<_> = at.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
        pieces.push(&noise);
        let forged: String = parts.iter().map(|part| *part.get(&pieces)).collect();
        let pair = format!("cookies_preferences={forged}");
        let is_signed = forged.split(';').next().unwrap().trim_matches(' ') == text;
        let received = exchange(&layer, request([("cookie", value(&pair))]), response(BOTH));
        let consent: &Consent = received.consent();
        prop_assert_eq!(consent.allows_cookie("_ga"), is_signed, "{}", pair);
        let sets = [format!("{pair}; Domain=shop.example; Path=/; Secure; Max-Age=15724800")];
        let sets = sets.iter().map(String::as_str).chain(BOTH);
        let set = exchange(&layer, request([("x-other", "")]), response(sets));
        let fields = set.response.headers().get_all(SET_COOKIE);
        let widened = fields.iter().any(|field| field.as_bytes() == BOTH[0].as_bytes());
        prop_assert!(!widened || is_signed, "{}", pair);
    }
}
