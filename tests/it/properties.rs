//! Properties that hold for any bytes, and for cookies that are nearly right.

mod onlookers;

use http::{
    HeaderValue,
    header::{COOKIE, DATE, SET_COOKIE},
};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, ProptestConfig, Strategy, any},
    prop_assert, prop_assert_eq, prop_oneof, proptest,
    sample::select,
    test_runner::FileFailurePersistence,
};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Undeclared,
    policy::CookiePolicyBuilder,
};

use crate::support::{
    Exchange, NOW, at, exchange, exchange_with, is_strict_removal, name_of, request, response,
    value,
};

/// 256 cases each, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Names, patterns and a name below a pattern in each basis; two editions of the policy.
fn declared() -> CookiePolicyBuilder {
    CookiePolicy::builder().revision(3).categories([
        Category::necessary("base").cookies(["session", "_ga_ok"].map(CookieDeclaration::new)),
        Category::exempt("stats").cookies(["_pk", "_pk_*"].map(CookieDeclaration::new)),
        Category::exempt("audience")
            .gpc(true)
            .cookie(CookieDeclaration::new("aud")),
        Category::consent("tiers").cookies(["_ga", "_ga_*"].map(CookieDeclaration::new)),
        Category::consent("ads")
            .since(3)
            .cookie(CookieDeclaration::new("_fbp")),
    ])
}

fn site(now: u64) -> CookieConsentLayer {
    CookieConsentLayer::new(declared().build().unwrap()).with_clock(move || at(now))
}

/// Each optional category, and one cookie of it.
const CATEGORIES: [(&str, &str); 4] = [
    ("stats", "_pk_1"),
    ("audience", "aud"),
    ("tiers", "_ga"),
    ("ads", "_fbp"),
];

/// Any bytes that a header value can have.
fn any_value() -> impl Strategy<Value = Vec<u8>> {
    let possible = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7F);
    let byte = select((0..=u8::MAX).filter(possible).collect::<Vec<_>>());
    vec(byte, 0..80)
}

/// Pieces of cookies, glued together.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        &b"session"[..],
        b"_ga",
        b"_ga_",
        b"_ga_ok",
        b"_pk",
        b"_pk_1",
        b"aud",
        b"_fbp",
        b"id",
        b"cookies_preferences",
        b"=",
        b"=",
        b"=1",
        b"=x",
        b";",
        b"; ",
        b"; ",
        b";;",
        b" ",
        b"\t",
        b",",
        b"\"",
        b"\\",
        b"\xA0",
        b"\xC3\xA9",
        b"%5Fga",
        b"Max-Age=",
        b"; Max-Age=0",
        b"; Max-Age=60",
        b"; max-age=-1",
        b"; Max-Age=99999999",
        b"; Max-Age=\"0\"",
        b"; Expires=",
        b"; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        b"; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
        b"; Path=/",
        b"; Path=/x",
        b"; Domain=shop.example",
        b"; Secure",
        b"; SameSite=None",
        b"; Partitioned",
        b"; HttpOnly",
        b"{\"tiers\":true,\"timestamp\":1795000000}",
    ]);
    vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn field() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => any_value(), 4 => nearly_right(), 2 => whole_cookie()]
}

fn whole_cookie() -> impl Strategy<Value = Vec<u8>> {
    let name = select(vec![
        "session", "_ga", "_ga_ok", "_ga_1", "_pk_1", "aud", "_fbp", "id",
    ]);
    (name, 0..1_000_u32).prop_map(|(name, value)| format!("{name}={value}").into_bytes())
}

fn fields() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(field(), 0..5)
}

/// A visitor's answers, with their revision, date and signal.
#[derive(Clone, Debug)]
struct Answers {
    by_category: [Option<bool>; 4],
    revision: Option<u32>,
    age: i64,
    gpc: Option<bool>,
}

impl Answers {
    fn value(&self) -> String {
        let answers = CATEGORIES.iter().zip(self.by_category);
        let mut members: Vec<_> = answers
            .filter_map(|((id, _), answer)| Some(format!("\"{id}\":{}", answer?)))
            .collect();
        members.push(format!(
            "\"timestamp\":{}",
            NOW.saturating_add_signed(-self.age)
        ));
        members.extend(
            self.revision
                .map(|revision| format!("\"revision\":{revision}")),
        );
        members.extend(self.gpc.map(|gpc| format!("\"gpc\":{gpc}")));
        format!("{{{}}}", members.join(","))
    }

    fn pair(&self) -> String {
        format!("cookies_preferences={}", self.value())
    }
}

fn answers() -> impl Strategy<Value = Answers> {
    let day = 86_400_i64;
    (
        any::<[Option<bool>; 4]>(),
        option::of(0..6_u32),
        prop_oneof![3 => 0..182 * day, 1 => -3 * day..400 * day],
        any::<Option<bool>>(),
    )
        .prop_map(|(by_category, revision, age, gpc)| Answers {
            by_category,
            revision,
            age,
            gpc,
        })
}

/// Preferences of any kind, or none.
fn preferences() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        6 => answers().prop_map(|answers| Some(answers.pair())),
        1 => nearly_right().prop_map(|value| {
            let value = String::from_utf8_lossy(&value).replace(';', "");
            Some(format!("cookies_preferences={value}"))
        }),
    ]
}

/// Switches that change what passes.
fn switched() -> impl Strategy<Value = CookieConsentLayer> {
    let undeclared = select(vec![
        Undeclared::Withhold,
        Undeclared::Allow,
        Undeclared::Hide,
    ]);
    (undeclared, any::<bool>(), any::<bool>()).prop_map(|(undeclared, strict, limit)| {
        site(NOW)
            .undeclared(undeclared)
            .strict_values(strict)
            .limit_exempt(limit)
    })
}

fn cookies(fields: &[Vec<u8>], preferences: Option<&str>) -> Vec<(&'static str, Vec<u8>)> {
    let preferences = preferences.map(|pair| pair.as_bytes().to_vec());
    let all = fields.iter().cloned().chain(preferences);
    all.map(|field| ("cookie", field)).collect()
}

fn seen(done: &Exchange) -> Vec<Vec<u8>> {
    let fields = done.request.headers().get_all(COOKIE);
    fields
        .iter()
        .map(|field| field.as_bytes().to_vec())
        .collect()
}

fn sent(done: &Exchange) -> Vec<Vec<u8>> {
    done.set_cookie_bytes()
        .iter()
        .map(|field| field.to_vec())
        .collect()
}

/// The pairs of all fields, in order, without the spaces before them.
fn pairs(fields: &[Vec<u8>]) -> Vec<&[u8]> {
    let pairs = fields
        .iter()
        .flat_map(|field| field.split(|&byte| byte == b';'));
    let trimmed = pairs.map(|pair| {
        let start = pair.iter().position(|&byte| byte != b' ');
        start.map_or(&b""[..], |start| &pair[start..])
    });
    trimmed.filter(|pair| !pair.is_empty()).collect()
}

fn is_part_in_order<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|item| whole.any(|other| other == item))
}

/// Returns what the service sent of an exempt cookie that now ends within 13 months.
fn unclamped(field: &[u8]) -> Option<&[u8]> {
    let text = b"; Max-Age=";
    let at = field.windows(text.len()).rposition(|part| part == text)?;
    let seconds: u64 = str::from_utf8(&field[at + text.len()..])
        .ok()?
        .parse()
        .ok()?;
    (seconds <= 395 * 86_400).then_some(&field[..at])
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_request_passes_byte_for_byte_in_order(
        layer in switched(), fields in fields(), preferences in preferences()
    ) {
        let asked = cookies(&fields, preferences.as_deref());
        let before: Vec<_> = asked.iter().map(|(_, field)| field.clone()).collect();
        let after = seen(&exchange(&layer, request(asked), response::<&str>([])));
        prop_assert!(is_part_in_order(&pairs(&after), &pairs(&before)), "{after:?}");
    }

    #[test]
    fn each_request_field_is_judged_by_itself(
        layer in switched(), fields in fields()
    ) {
        let of = |fields: &[Vec<u8>]| {
            let done = exchange(&layer, request(cookies(fields, None)), response::<&str>([]));
            // An empty header contains nothing, and is removed together with the first other one.
            let fields = seen(&done).into_iter().filter(|field| !field.is_empty());
            fields.collect::<Vec<_>>()
        };
        // Preferences among the fields are read together.
        let fields: Vec<_> = fields
            .into_iter()
            .filter(|field| !field.windows(11).any(|part| part == b"preferences"))
            .collect();
        let mut each = Vec::new();
        for field in &fields {
            let alone = of(std::slice::from_ref(field));
            if pairs(&alone) == pairs(std::slice::from_ref(field)) && !alone.is_empty() {
                prop_assert_eq!(&alone, &vec![field.clone()]);
            }
            each.extend(alone);
        }
        prop_assert_eq!(of(&fields), each);
    }

    #[test]
    fn filtering_a_request_twice_is_filtering_it_once(
        layer in switched(), fields in fields(), preferences in preferences()
    ) {
        let once = seen(&exchange(&layer, request(cookies(&fields, preferences.as_deref())), response::<&str>([])));
        let again = once.iter().map(|field| ("cookie", field.clone()));
        let twice = seen(&exchange(&layer, request(again), response::<&str>([])));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn no_withheld_cookie_passes_a_request(fields in fields(), answers in answers()) {
        let done = exchange(&site(NOW), request(cookies(&fields, Some(&answers.pair()))), response::<&str>([]));
        let after = seen(&done);
        for pair in pairs(&after) {
            let name = String::from_utf8_lossy(name_of(pair)).into_owned();
            let declared = done.consent().policy().category_of(&name).is_some();
            prop_assert!(!declared || done.consent().allows_cookie(&name), "{name}");
        }
    }

    #[test]
    fn a_response_passes_byte_for_byte_in_order(
        layer in switched(), fields in fields(), preferences in preferences(),
        date in option::of(select(vec!["Mon, 23 Nov 2026 12:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 GMT", "x"])),
    ) {
        let mut answer = response(&fields);
        if let Some(date) = date {
            answer.headers_mut().append(DATE, value(date));
        }
        let layer = layer.expire(Expire::Never);
        let done = exchange(&layer, request(cookies(&[], preferences.as_deref())), answer);
        let mut before = fields.iter();
        for field in sent(&done) {
            let clamped = unclamped(&field);
            let kept = before.by_ref().any(|other| {
                *other == field
                    || clamped == Some(&other[..])
                    || (is_strict_removal(&field) && name_of(other) == name_of(&field))
            });
            prop_assert!(kept, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn filtering_a_response_twice_is_filtering_it_once(
        layer in switched(), fields in fields(), preferences in preferences()
    ) {
        let layer = layer.expire(Expire::Never);
        let asked = || request(cookies(&[], preferences.as_deref()));
        let once = exchange(&layer, asked(), response(&fields));
        let twice = exchange(&layer, asked(), response(sent(&once)));
        prop_assert_eq!(sent(&once), sent(&twice));
    }

    #[test]
    fn no_withheld_cookie_passes_a_response(
        fields in fields(), carried in fields(), preferences in preferences()
    ) {
        let done = exchange(&site(NOW), request(cookies(&carried, preferences.as_deref())), response(&fields));
        for field in sent(&done) {
            let name = String::from_utf8_lossy(name_of(&field)).into_owned();
            // A choice among the headers only narrows here: with quotes in it, none widens.
            let allowed = done.consent().allows_cookie(&name);
            prop_assert!(allowed || is_strict_removal(&field), "{}", field.escape_ascii());
        }
    }

    #[test]
    fn more_consent_never_withholds_more(
        fields in fields(), carried in fields(), answers in answers(), raised in any::<[bool; 4]>(),
        signal in any::<bool>(),
    ) {
        let mut more = answers.clone();
        for (answer, raise) in more.by_category.iter_mut().zip(raised) {
            if raise {
                *answer = match answer {
                    Some(false) => None,
                    None | Some(true) => Some(true),
                };
            }
        }
        let judged = |answers: &Answers| {
            let signal = signal.then(|| ("sec-gpc", b"1".to_vec()));
            let asked = cookies(&carried, Some(&answers.pair())).into_iter().chain(signal);
            // The preferences themselves differ, so they are not compared.
            let done = exchange(&site(NOW).expire(Expire::Never), request(asked), response(&fields));
            (seen(&done), sent(&done))
        };
        let (less, more) = (judged(&answers), judged(&more));
        let others = |fields: &[Vec<u8>]| -> Vec<Vec<u8>> {
            let others = pairs(fields).into_iter().filter(|pair| !pair.starts_with(b"cookies_preferences"));
            others.map(<[u8]>::to_vec).collect()
        };
        prop_assert!(is_part_in_order(&others(&less.0), &others(&more.0)));
        let unchanged = less.1.iter().filter(|field| fields.contains(field)).collect::<Vec<_>>();
        prop_assert!(is_part_in_order(&unchanged, &more.1.iter().collect::<Vec<_>>()));
    }

    #[test]
    fn a_denial_never_turns_into_a_grant(
        answers in answers(), now in prop_oneof![any::<u32>().prop_map(u64::from), NOW..NOW + 40_000_000],
        revision in option::of(any::<u64>()), signal in any::<bool>(), cross_site in any::<bool>(),
        second in preferences(), second_first in any::<bool>(),
    ) {
        let mut text = answers.value();
        if let (Some(revision), None) = (revision, answers.revision) {
            text = text.replacen('{', &format!("{{\"revision\":{revision},"), 1);
        }
        let mut both = vec![format!("cookies_preferences={text}")];
        both.extend(second);
        if second_first {
            both.reverse();
        }
        let fields = [("cookie", both.join("; "))];
        let signal = signal.then(|| ("sec-gpc", "1".to_owned()));
        let site_of = cross_site.then(|| ("sec-fetch-site", "cross-site".to_owned()));
        let asked = request(fields.into_iter().chain(signal).chain(site_of));
        let set = CATEGORIES.map(|(_, name)| format!("{name}=1"));
        let done = exchange(&site(now), asked, response(&set));
        for (((id, name), answer), set) in CATEGORIES.iter().zip(answers.by_category).zip(&set) {
            if answer == Some(false) {
                prop_assert!(!done.consent().allows(id), "{id}");
                prop_assert!(!done.consent().allows_cookie(name), "{name}");
                prop_assert!(!sent(&done).contains(&set.clone().into_bytes()), "{name}");
            }
        }
    }

    #[test]
    fn a_second_preferences_cookie_never_allows_more(
        one in answers(), two in preferences(), swap in any::<bool>(), signal in any::<bool>(),
        split in any::<bool>(),
    ) {
        let allowed = |pairs: &[&str]| -> Vec<bool> {
            let joined = pairs.join("; ");
            let fields: Vec<_> = if split { pairs.to_vec() } else { vec![&joined] };
            let signal = signal.then_some(("sec-gpc", "1"));
            let asked = request(fields.into_iter().map(|field| ("cookie", field)).chain(signal));
            let done = exchange(&site(NOW), asked, response::<&str>([]));
            CATEGORIES.iter().map(|(id, _)| done.consent().allows(id)).collect()
        };
        let one = one.pair();
        let alone = allowed(&[&one]);
        let mut both = vec![one.as_str()];
        both.extend(two.as_deref());
        if swap {
            both.reverse();
        }
        for ((together, alone), (id, _)) in allowed(&both).into_iter().zip(alone).zip(CATEGORIES) {
            prop_assert!(alone || !together, "{id}");
        }
    }

    #[test]
    fn a_choice_that_a_response_makes_never_allows_what_it_denies(
        answers in answers(), before in preferences(), attributes in nearly_right(), others in fields(),
    ) {
        let choice = [answers.pair().as_bytes(), b"; ", &attributes].concat();
        let set = CATEGORIES.map(|(_, name)| format!("{name}=1").into_bytes());
        let mut fields = others.clone();
        fields.push(choice.clone());
        fields.extend(set.iter().cloned());
        let done = exchange(&site(NOW), request(cookies(&[], before.as_deref())), response(&fields));
        if is_strict_removal(&choice) {
            return Ok(());
        }
        for (((_, name), answer), set) in CATEGORIES.iter().zip(answers.by_category).zip(&set) {
            if answer == Some(false) && !others.contains(set) {
                prop_assert!(!sent(&done).contains(set), "{name}");
            }
        }
    }

    #[test]
    fn report_only_changes_nothing_on_the_wire(
        layer in switched(), fields in fields(), carried in fields(), preferences in preferences(),
    ) {
        let asked = request(cookies(&carried, preferences.as_deref()));
        let answer = response(&fields);
        let before = (asked.headers().clone(), answer.headers().clone());
        let layer = layer.report_only(true).expire(Expire::OnRefusalOrLapse);
        let done = exchange(&layer, asked, answer);
        prop_assert_eq!(done.request.headers(), &before.0);
        prop_assert_eq!(done.response.headers(), &before.1);
    }

    #[test]
    fn removals_are_strict_and_reach_no_other_site(
        host in prop_oneof![
            any_value(),
            vec(select(vec!["a", "shop", "example", "org", ".", ".", ":80", "[::1]", "1", "-", "_", ";", " ", "@"]), 0..9)
                .prop_map(|parts| parts.concat().into_bytes()),
        ],
        carried in fields(),
    ) {
        let mut asked = cookies(&carried, Some(r#"cookies_preferences={"stats":false,"tiers":false,"ads":false,"timestamp":1795000000,"revision":3}"#));
        asked.push(("host", host.clone()));
        let done = exchange_with(&site(NOW), request(asked), |request| {
            let consent: &Consent = request.extensions().get().unwrap();
            response([consent.set_cookie(consent.refuse_all()).header_value().as_bytes()])
        });
        let host = String::from_utf8_lossy(&host).to_lowercase();
        for field in &sent(&done)[1..] {
            prop_assert!(is_strict_removal(field));
            let name = String::from_utf8_lossy(name_of(field)).into_owned();
            let category = done.consent().policy().category_of(&name).map(Category::id);
            prop_assert!(!matches!(category, None | Some("base")), "{name}");
            let text = String::from_utf8_lossy(field).to_lowercase();
            let domain = text.split("; ").find_map(|part| part.strip_prefix("domain="));
            if let Some(domain) = domain {
                let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
                let reaches = name == domain || name.ends_with(&format!(".{domain}"));
                prop_assert!(reaches && domain.contains('.'), "{domain} from {host}");
            }
        }
        prop_assert!(sent(&done).len() <= 33);
    }

    #[test]
    fn a_choice_that_is_set_comes_back_as_it_was(answers in answers(), members in vec("[a-z]{1,9}", 0..5)) {
        let mut text = answers.value();
        for (number, member) in members.iter().enumerate() {
            text = text.replacen('{', &format!("{{\"x{number}\":\"{member}\","), 1);
        }
        let asked = request([("cookie", format!("cookies_preferences={text}"))]);
        let done = exchange(&site(NOW), asked, response::<&str>([]));
        let Some(choice) = done.consent().choice().copied() else {
            return Ok(());
        };
        let set = done.consent().set_cookie(choice).header_value();
        let pair = set.as_bytes().split(|&byte| byte == b';').next().unwrap();
        // Members that nobody listed are not kept.
        for number in 0..members.len() {
            let kept = format!("%22x{number}%22");
            prop_assert!(!String::from_utf8_lossy(pair).contains(&kept));
        }
        let again = exchange(&site(NOW), request([("cookie", pair)]), response::<&str>([]));
        // Over an odd date, with unreadable objections.
        let meant = done.consent().with_choice(choice);
        prop_assert_eq!(again.consent().choice(), meant.choice());
    }

    #[test]
    fn cached_variants_are_private(fields in fields(), preferences in preferences()) {
        let done = exchange(&site(NOW), request(cookies(&[], preferences.as_deref())), response(&fields));
        let changed = sent(&done) != fields;
        prop_assert_eq!(done.cache_control() == ["private"], changed);
        let others: Vec<&HeaderValue> = done.response.headers().get_all(SET_COOKIE).iter().collect();
        prop_assert_eq!(done.response.headers().len(), others.len() + usize::from(changed));
    }
}
