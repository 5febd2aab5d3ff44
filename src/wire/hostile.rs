//! Properties that hold for any bytes.

use super::*;
use crate::work::steps;

const NOW: u64 = 1_795_435_200;

/// Returns headers glued together from relevant pieces, the same ones on every run.
fn glued(rounds: u32) -> impl Iterator<Item = Vec<u8>> {
    const PIECES: [&[u8]; 40] = [
        b"a",
        b"_ga",
        b"=",
        b"=",
        b";",
        b";",
        b"; ",
        b",",
        b" ",
        b"\t",
        b"\0",
        b"\"",
        b"\\",
        b"\x7F",
        b"\xA0",
        b"\xEF\xBB\xBF",
        b"Max-Age",
        b"max-age=",
        b"; Max-Age=",
        b"0",
        b"-",
        b"-1",
        b"+",
        b"100",
        b"99999999999999999999",
        b"Expires",
        b"; expires=",
        b"Thu, 01 Jan 1970 00:00:00 GMT",
        b"Fri, 01 Jan 2038 00:00:00 GMT",
        b"Sat, 01-Jan-00 00:00:00 GMT",
        b"31 Feb 9999 1:2:3",
        b"1 Jan 69",
        b"00:00:00",
        b"; Path=/",
        b"; Domain=.x.example",
        b"; Secure",
        b"; SameSite=Lax",
        b"GMT",
        b"1970",
        b"a=b",
    ];
    let mut state = 7_u64;
    (0..rounds).map(move |round| {
        let mut header = if round % 2 == 0 {
            b"a=b".to_vec()
        } else {
            Vec::new()
        };
        for _ in 0..round % 12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            header.extend(PIECES[(state >> 33) as usize % PIECES.len()]);
        }
        header
    })
}

#[test]
fn readings_of_a_set_cookie_agree() {
    let (mut certain, mut disputed, mut clamped) = (0, 0, 0);
    for header in glued(200_000) {
        let text = header.escape_ascii();
        match classify_removal(&header, || NOW, || ServerDate::Absent) {
            Removal::Certain => {
                certain += 1;
                assert_eq!(lifetime(&header, NOW), Lifetime::Seconds(0), "{text}");
                assert!(name(&header).is_ok(), "{text}");
            }
            Removal::Disputed => disputed += 1,
            Removal::No | Removal::Unlikely => {
                assert_ne!(lifetime(&header, NOW), Lifetime::Seconds(0), "{text}");
            }
        }
        let written = written_name(&header);
        let written = written.filter(|written| check_name(written).is_ok());
        assert_eq!(written, name(&header).ok(), "{text}");
        if let Ok(read) = name(&header) {
            assert_eq!(check_name(read), Ok(()), "{text}");
            // Both readers agree on what a name is.
            if let Ok(sent) = pairs(&header).next().unwrap().name {
                assert_eq!(sent, read, "{text}");
            }
        }
        if appended_max_age_wins(&header) {
            clamped += 1;
            let longer = [&header[..], b"; Max-Age=60"].concat();
            assert_eq!(lifetime(&longer, NOW), Lifetime::Seconds(60), "{text}");
            assert_eq!(
                classify_removal(&longer, || NOW, || ServerDate::Absent),
                Removal::No,
                "{text}"
            );
            assert_eq!(name(&longer), name(&header), "{text}");
        }
        scope(&header);
        value(&header);
    }
    assert!(
        certain.min(disputed).min(clamped) > 100,
        "{certain} {disputed} {clamped}"
    );
}

#[test]
fn pairs_keep_every_byte() {
    for field in glued(100_000) {
        let raw: Vec<_> = pairs(&field).map(|pair| pair.raw).collect();
        assert_eq!(raw.join(&b';'), field);
        for name in [&b"a"[..], b"_ga", b"Max-Age", b"a_ga", b"-100"] {
            let named = pairs(&field).filter(|pair| pair.name == Ok(name));
            let named: Vec<_> = named.map(|pair| pair.value).collect();
            assert_eq!(values(&field, name).collect::<Vec<_>>(), named);
        }
        for pair in pairs(&field) {
            // A pair reads the same on its own as within its header.
            assert_eq!(pairs(pair.raw).next(), Some(pair));
            assert!(names_in_value(pair.value).all(|name| check_name(name).is_ok()));
        }
    }
}

/// As many steps may be taken for a byte.
const MOST_STEPS: usize = 64;

#[test]
fn long_headers_are_read_in_linear_time() {
    let pieces: [&[u8]; 14] = [
        b"=",
        b";",
        b" ",
        b"\t",
        b"a ",
        b"a =",
        b"a=a,",
        b"\"",
        b"\xA0",
        b"; Max-Age=0",
        b"; Expires=1 Jan",
        b"1 ",
        b"9",
        b":0",
    ];
    for piece in pieces {
        for start in ["", "a=b; Expires=", "a=b; Max-Age=", "a=", "a=b,"] {
            let mut header = start.as_bytes().to_vec();
            header.extend(piece.repeat(1 << 18).iter().take(1 << 18));
            let text = piece.escape_ascii();
            let read = |what: &str, read: &dyn Fn(&[u8])| {
                let steps = steps(|| read(&header));
                let most = MOST_STEPS * header.len();
                assert!(steps <= most, "{what} of {start}{text}: {steps}");
            };
            // What counts no steps would take hours in quadratic time.
            read("the name", &|it| {
                let _ = name(it);
            });
            read("the value", &|it| {
                let _ = value(it);
            });
            read("the scope", &|it| {
                let _ = scope(it);
            });
            read("the lifetime", &|it| {
                let _ = lifetime(it, NOW);
            });
            read("the removal", &|it| {
                let _ = classify_removal(it, || NOW, || ServerDate::Absent);
            });
            read("the pairs", &|it| {
                let names = pairs(it).map(|pair| names_in_value(pair.value).count());
                let _ = names.sum::<usize>();
            });
        }
    }
}
