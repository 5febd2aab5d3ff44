//! Well-formed dates, for rule 6: a weekday, day, month, year, time and `GMT`, in the formats
//! `IMF-fixdate` and `rfc850-date` of RFC 9110 (section 5.6.7).

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Seconds since 1970, for a well-formed date of 1970 or later.
pub fn well_formed(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let (weekday, rest) = text.split_once(", ")?;
    if !WEEKDAYS
        .iter()
        .any(|name| *name == weekday || name[..3] == *weekday)
    {
        return None;
    }
    // `01 Jan 2026 00:00:00 GMT`, or with dashes in the date.
    let words: Vec<&str> = rest.split(' ').collect();
    let (date, time, zone): (Vec<&str>, &str, &str) = match words[..] {
        [day, month, year, time, zone] => (vec![day, month, year], time, zone),
        [date, time, zone] => (date.split('-').collect(), time, zone),
        _ => return None,
    };
    let [day, month, year] = date[..] else {
        return None;
    };
    let dashes = words.len() == 3;
    if zone != "gmt" || !(1..=2).contains(&day.len()) {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year = match (year.len(), number(year)?) {
        (4, year) if year >= 1970 => year,
        (2, year) if dashes => year + if year >= 70 { 1900 } else { 2000 },
        _ => return None,
    };
    let time: Vec<&str> = time.split(':').collect();
    let [hours, minutes, seconds] = time[..] else {
        return None;
    };
    if [hours, minutes, seconds].iter().any(|part| part.len() != 2) {
        return None;
    }
    let (day, hours) = (number(day)?, number(hours)?);
    let (minutes, seconds) = (number(minutes)?, number(seconds)?);
    if day < 1 || day > days_of(year)[month] || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let years: u64 = (1970..year)
        .map(|year| days_of(year).iter().sum::<u64>())
        .sum();
    let months: u64 = days_of(year)[..month].iter().sum();
    Some((((years + months + day - 1) * 24 + hours) * 60 + minutes) * 60 + seconds)
}

fn number(digits: &str) -> Option<u64> {
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok()).flatten()
}

fn days_of(year: u64) -> [u64; 12] {
    let leap = year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100));
    [
        31,
        if leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ]
}
