//! A preferences cookie with a signature, which other hosts of the domain can't make up.

mod hyper;
mod properties;
mod subdomains;

use http::Response;
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, PolicyError,
    Verdict, Withheld,
    layer::PolicySource,
    policy::{CookiePolicyBuilder, PolicyProblemKind},
    preferences::{
        DecodeError, Decoded, FormerCookie, JsonCodec, PreferencesCodec, PreferencesCookie,
    },
};

use crate::support::{Exchange, NOW, Prefs, at, exchange, exchange_with, request, response};

const KEY: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
const OLD_KEY: [u8; 32] = *b"fedcba9876543210fedcba9876543210";

fn cookie() -> PreferencesCookie {
    PreferencesCookie::default().domain("shop.example")
}

fn built(cookie: PreferencesCookie) -> Result<CookiePolicy, PolicyError> {
    CookiePolicy::builder()
        .preferences_cookie(cookie)
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk")))
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_ga")))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_fbp")))
        .build()
}

fn layer(cookie: PreferencesCookie) -> CookieConsentLayer {
    CookieConsentLayer::new(built(cookie).unwrap()).with_clock(|| at(NOW))
}

/// Returns what the layer of this cookie writes for such a choice: `name=value.signature`.
fn pair(cookie: PreferencesCookie, choose: fn(&Consent) -> Choice) -> String {
    let set = chosen(&layer(cookie), "", choose);
    set.split(';').next().unwrap().to_owned()
}

/// Returns the header with which a choice of this visitor is stored.
fn chosen(layer: &CookieConsentLayer, cookies: &str, choose: fn(&Consent) -> Choice) -> String {
    let exchange = exchange_with(layer, request([("cookie", cookies)]), |request| {
        let consent = request.extensions().get::<Consent>().unwrap();
        let mut response = Response::new(());
        let set = consent.set_cookie(choose(consent));
        set.append_to(response.headers_mut()).unwrap();
        response
    });
    exchange.set_cookies()[0].to_owned()
}

fn accepted() -> String {
    pair(cookie().signed(KEY), Consent::accept_all)
}

fn visit(layer: &CookieConsentLayer, cookies: &str) -> Exchange {
    let sets = ["_ga=1; Path=/", "_pk=1; Path=/"];
    exchange(layer, request([("cookie", cookies)]), response(sets))
}

const BOTH: [&str; 2] = ["_ga=1; Path=/", "_pk=1; Path=/"];

#[test]
fn signed_yes_counts_and_is_signed_again() {
    let layer = layer(cookie().signed(KEY));
    let exchange = visit(&layer, &accepted());
    assert_eq!(exchange.set_cookies(), BOTH);
    let refused = chosen(&layer, &accepted(), Consent::refuse_all);
    let refused = refused.split(';').next().unwrap();
    let consent = visit(&layer, refused);
    assert_eq!(
        consent.consent().verdict("_ga"),
        Verdict::Withheld(Withheld::Denied)
    );
}

#[test]
fn forged_yes_grants_nothing_and_hides_exempt_cookies() {
    let layer = layer(cookie().signed(KEY));
    let signed = accepted();
    let (value, signature) = signed.rsplit_once('.').unwrap();
    let forged = [
        Prefs::accept().pair(),
        value.to_owned(),
        format!("{value}."),
        format!("{value}.{}", "A".repeat(43)),
        format!("{value}.{signature}="),
        format!("{value}{signature}"),
        format!("{value}.{signature}.{signature}"),
        format!("cookies_preferences=.{signature}"),
        format!("cookies_preferences={signature}"),
        pair(cookie().signed(OLD_KEY), Consent::accept_all),
        // Signed for a cookie of another name.
        pair(
            PreferencesCookie::new("other").signed(KEY),
            Consent::accept_all,
        )
        .replace("other=", "cookies_preferences="),
    ];
    for cookies in forged {
        let exchange = visit(&layer, &cookies);
        assert!(exchange.set_cookies().is_empty(), "{cookies}");
        let verdict = exchange.consent().verdict("_ga");
        assert_eq!(
            verdict,
            Verdict::Withheld(Withheld::Unreadable),
            "{cookies}"
        );
        assert!(exchange.consent().choice().is_none(), "{cookies}");
    }
}

#[test]
fn forged_refusal_stays_in_force() {
    let layer = layer(cookie().signed(KEY));
    let forged_no = Prefs::of(&[("ads", false), ("tiers", true)]).pair();
    for cookies in [
        forged_no.clone(),
        pair(cookie().signed(OLD_KEY), Consent::refuse_all),
        format!("{forged_no}.{}", "A".repeat(43)),
    ] {
        let exchange = visit(&layer, &format!("{cookies}; _fbp=1"));
        assert!(exchange.set_cookies().is_empty(), "{cookies}");
        let verdict = exchange.consent().verdict("_fbp");
        assert_eq!(verdict, Verdict::Withheld(Withheld::Denied), "{cookies}");
    }
    // Beside the visitor's own cookie, it takes away as before.
    let exchange = visit(&layer, &format!("{}; {forged_no}", accepted()));
    assert!(exchange.set_cookies().is_empty());
}

#[test]
fn response_sets_only_what_is_signed() {
    let layer = layer(cookie().signed(KEY));
    let attributes = "; Domain=shop.example; Path=/; Secure; SameSite=Lax; Max-Age=15724800";
    for (pair, passes) in [
        (accepted(), true),
        (pair(cookie().signed(KEY), Consent::refuse_all), true),
        (Prefs::accept().pair(), false),
        (Prefs::refuse().pair(), false),
        (pair(cookie().signed(OLD_KEY), Consent::accept_all), false),
    ] {
        let set = format!("{pair}{attributes}");
        let sets = [set.as_str(), BOTH[0], BOTH[1]];
        let exchange = exchange(&layer, request([("x-other", "")]), response(sets));
        let stored = exchange.set_cookies().contains(&set.as_str());
        assert_eq!(stored, passes, "{pair}");
        let widens = passes && pair.contains("true");
        let counts = exchange.set_cookies().contains(&BOTH[0]);
        assert_eq!(counts, widens, "{pair}: {:?}", exchange.set_cookies());
    }
}

#[test]
fn earlier_keys_verify_and_the_first_signs() {
    let rotated = || cookie().signed(KEY).signed(OLD_KEY);
    let layer = layer(rotated());
    for by in [KEY, OLD_KEY] {
        let cookies = pair(cookie().signed(by), Consent::accept_all);
        assert_eq!(visit(&layer, &cookies).set_cookies(), BOTH);
    }
    assert_eq!(pair(rotated(), Consent::accept_all), accepted());
}

/// Computed with `openssl dgst -sha256 -hmac`.
#[test]
fn signature_is_that_of_openssl() {
    let policy = built(PreferencesCookie::new("p").signed(KEY)).unwrap();
    let mut choice = Choice::from_unix_seconds(1_790_000_000);
    for id in ["stats", "tiers", "ads"] {
        choice.answer(&policy, id, true).unwrap();
    }
    let header = Consent::undecided(policy).set_cookie(choice).header_value();
    let pair = header.to_str().unwrap().split(';').next().unwrap();
    assert_eq!(
        pair,
        "p=%7B%22stats%22%3Atrue%2C%22tiers%22%3Atrue%2C%22ads%22%3Atrue%2C%22timestamp%22%3A1790000000%2C%22revision%22%3A1%7D.F05uYia85hjPD39G_7T_6mo7DCK9oag5C3iEmD50Bms"
    );
}

#[test]
fn former_cookies_grant_only_if_they_are_signed() {
    let now = cookie()
        .signed(KEY)
        .also_read("old")
        .also_read(FormerCookie::new("older").codec(JsonCodec::default()));
    let layer = layer(now);
    let renamed = pair(
        PreferencesCookie::new("old").signed(KEY),
        Consent::accept_all,
    );
    for (cookies, counts, denies) in [
        (renamed.clone(), true, false),
        (renamed.replace("old=", "older="), false, false),
        (
            Prefs::accept().pair().replace("cookies_preferences", "old"),
            false,
            false,
        ),
        (
            Prefs::refuse()
                .pair()
                .replace("cookies_preferences", "older"),
            false,
            true,
        ),
    ] {
        let exchange = visit(&layer, &cookies);
        let sets = exchange.set_cookies();
        assert_eq!(sets.contains(&BOTH[0]), counts, "{cookies}: {sets:?}");
        let taken_over = sets
            .iter()
            .find(|set| set.starts_with("cookies_preferences="));
        assert_eq!(
            taken_over.is_some(),
            counts || denies,
            "{cookies}: {sets:?}"
        );
        if let Some(pair) = taken_over.and_then(|set| set.split(';').next()) {
            let next = visit(&layer, pair);
            assert_eq!(next.set_cookies().contains(&BOTH[0]), counts, "{pair}");
            let is_denied = next.consent().verdict("_ga") == Verdict::Withheld(Withheld::Denied);
            assert_eq!(is_denied, denies, "{pair}");
        }
    }
}

/// Writes bytes that have to be escaped, and a dot.
#[derive(Debug)]
struct Words;

impl PreferencesCodec for Words {
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        _: std::time::SystemTime,
    ) -> Result<Decoded, DecodeError> {
        let mut choice = Choice::from_unix_seconds(NOW);
        let granted = match values[0] {
            Some(b"yes.%20all") => true,
            Some(b"no.%20all") => false,
            _ => return Err(DecodeError::Format),
        };
        for id in ["stats", "tiers", "ads"] {
            choice.answer(policy, id, granted).unwrap();
        }
        Ok(choice.into())
    }

    fn encode(&self, policy: &CookiePolicy, choice: &Choice, _: Option<&[u8]>) -> Option<String> {
        let ads = choice
            .answers(policy)
            .find(|(category, _)| category.id() == "ads");
        let yes = ads.is_some_and(|(_, granted)| granted);
        Some(if yes { "yes. all" } else { "no. all" }.to_owned())
    }
}

#[test]
fn codecs_of_the_site_are_signed_too() {
    let own = || cookie().codec(Words).signed(KEY);
    let layer = layer(own());
    let yes = pair(own(), Consent::accept_all);
    assert!(yes.starts_with("cookies_preferences=yes.%20all."), "{yes}");
    assert_eq!(visit(&layer, &yes).set_cookies(), BOTH);
    let no = pair(own(), Consent::refuse_all);
    assert!(visit(&layer, &no).set_cookies().is_empty());
    let forged = visit(&layer, "cookies_preferences=yes.%20all");
    assert!(forged.set_cookies().is_empty());
}

/// Writes this text whatever was chosen, as another service of the site may do.
#[derive(Debug)]
struct Verbatim(String);

impl PreferencesCodec for Verbatim {
    fn decode(
        &self,
        _: &CookiePolicy,
        _: &[Option<&[u8]>],
        _: std::time::SystemTime,
    ) -> Result<Decoded, DecodeError> {
        Err(DecodeError::Format)
    }

    fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
        Some(self.0.clone())
    }
}

#[test]
fn kept_members_and_the_signature_share_4096_bytes() {
    let layer = layer(cookie().keep(["matomo"]).signed(KEY));
    let mut longest = 0;
    for length in 3_700..4_000 {
        let member = format!("\"{}\"", "m".repeat(length));
        let value = Prefs::accept().with("matomo", &member).value();
        let Ok(policy) = built(cookie().codec(Verbatim(value)).signed(KEY)) else {
            break;
        };
        let consent = Consent::undecided(policy);
        let header = consent.set_cookie(consent.accept_all()).header_value();
        let received = header.to_str().unwrap().split(';').next().unwrap();
        let set = chosen(&layer, received, Consent::accept_all);
        let stored = set.split(';').next().unwrap();
        assert!(stored.len() - 1 <= 4_096, "{length}");
        assert_eq!(visit(&layer, stored).set_cookies(), BOTH);
        if stored.contains("matomo") {
            longest = longest.max(stored.len() - 1);
        }
    }
    assert_eq!(longest, 4_096);
}

fn problems(cookie: PreferencesCookie) -> Vec<(PolicyProblemKind, String)> {
    let error = built(cookie).unwrap_err();
    let problems = error.problems().iter();
    problems
        .map(|problem| (problem.kind(), problem.to_string()))
        .collect()
}

#[test]
fn keys_have_32_bytes() {
    assert!(built(cookie().signed([7; 32])).is_ok());
    for cookie in [cookie().signed([7; 31]), cookie().signed(KEY).signed(b"")] {
        let problems = problems(cookie);
        let [(PolicyProblemKind::InvalidValue, text)] = &problems[..] else {
            panic!("{problems:?}");
        };
        assert!(text.contains("use at least 32 random bytes"), "{text}");
    }
}

#[test]
fn what_another_tool_writes_is_not_signed() {
    #[derive(Debug)]
    struct Reads;
    impl PreferencesCodec for Reads {
        fn decode(
            &self,
            _: &CookiePolicy,
            _: &[Option<&[u8]>],
            _: std::time::SystemTime,
        ) -> Result<Decoded, DecodeError> {
            Err(DecodeError::Format)
        }

        fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
            None
        }
    }
    #[derive(Debug)]
    struct Two;
    impl PreferencesCodec for Two {
        fn names(&self, own: &str) -> Vec<String> {
            vec![own.to_owned(), "beside".to_owned()]
        }

        fn decode(
            &self,
            _: &CookiePolicy,
            _: &[Option<&[u8]>],
            _: std::time::SystemTime,
        ) -> Result<Decoded, DecodeError> {
            Err(DecodeError::Format)
        }

        fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
            Some(String::new())
        }
    }
    for cookie in [
        PreferencesCookie::follow(JsonCodec::default()),
        PreferencesCookie::new("p").codec(Reads),
        PreferencesCookie::new("p").codec(Two),
    ] {
        let problems = problems(cookie.signed(KEY));
        let [(PolicyProblemKind::Conflict, text)] = &problems[..] else {
            panic!("{problems:?}");
        };
        assert!(text.contains("remove signed(key)"), "{text}");
    }
}

const FILE: &str = r#"{"preferences_cookie": {"domain": "shop.example", "signed": true},
    "categories": [{"id": "ads", "basis": "consent"}]}"#;

#[test]
fn file_asks_for_a_key_and_never_has_one() {
    let error = serde_json::from_str::<CookiePolicy>(FILE).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("no key was given"), "{text}");
    assert!(text.contains("CookiePolicyBuilder"), "{text}");
    let builder: CookiePolicyBuilder = serde_json::from_str(FILE).unwrap();
    let policy = builder.signed(KEY).build().unwrap();
    let written = serde_json::to_string(&policy).unwrap();
    assert!(written.contains(r#""signed":true"#), "{written}");
    assert!(serde_json::from_str::<CookiePolicy>(&written).is_err());
    let unsigned = FILE.replace("true", "false");
    let policy: CookiePolicy = serde_json::from_str(&unsigned).unwrap();
    assert!(!serde_json::to_string(&policy).unwrap().contains("signed"));
}

#[test]
fn policies_of_a_source_are_signed_as_they_are_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    std::fs::write(&path, FILE).unwrap();
    let error = PolicySource::file(&path).unwrap_err().to_string();
    assert!(error.contains("PolicySource::prepare"), "{error}");
    std::fs::write(&path, FILE.replace(r#", "signed": true"#, "")).unwrap();
    let source = PolicySource::file(&path).unwrap();
    let source = source.prepare(|policy| policy.to_builder().signed(KEY).build());
    let policy = source.unwrap().policies().default_policy().clone();
    let consent = Consent::undecided(policy);
    let header = consent.set_cookie(consent.accept_all()).header_value();
    assert!(header.to_str().unwrap().contains("%7D."), "{header:?}");
}

#[test]
fn keys_are_shown_nowhere() {
    let policy = built(cookie().signed(KEY)).unwrap();
    let layer = layer(cookie().signed(KEY));
    let texts = [
        format!("{policy:?}"),
        format!("{:#?}", policy.preferences_cookie()),
        format!("{layer:?}"),
        format!("{:?}", policy.to_builder()),
        serde_json::to_string(&policy).unwrap(),
    ];
    let in_hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let as_list = format!("{KEY:?}");
    let as_list = as_list.trim_matches(['[', ']']);
    for text in &texts {
        for secret in ["0123456789abcdef", &in_hex, as_list] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(texts[1].contains("signed"), "{}", texts[1]);
}

#[test]
fn policies_with_other_keys_differ() {
    let of = |key: [u8; 32]| built(cookie().signed(key)).unwrap();
    assert_eq!(of(KEY), of(KEY));
    assert_ne!(of(KEY), of(OLD_KEY));
    assert_ne!(of(KEY), built(cookie()).unwrap());
}
