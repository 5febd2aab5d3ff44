use std::time::Duration;

use super::{Words, counted};
use crate::wire::DAY;

/// Writes a duration in whole years or months where it is that within a day, and otherwise in days.
/// Over 1,000 days, years of 366 days count too.
pub(in crate::pages) fn duration(time: Duration, lang: &str, t: &Words) -> String {
    let days = u32::try_from(time.as_secs() / DAY).unwrap_or(u32::MAX);
    // An average month, in hundredths of a day.
    let months = days.saturating_mul(100).saturating_add(1_522) / 3_044;
    let is_near = |days: u32, months: u32| (months * 3_044).abs_diff(days * 100) <= 100;
    match (days, months) {
        (days, _) if days > 0 && days <= 1_000 && days.is_multiple_of(365) => {
            counted(lang, &t.years, days / 365)
        }
        (days, _) if days > 1_000 && (days % 365 == 0 || days % 366 == 0) => {
            counted(lang, &t.years, days / 365)
        }
        (days, 1..=30) if is_near(days, months) => counted(lang, &t.months, months),
        _ => counted(lang, &t.days, days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::texts::built_in;

    #[test]
    fn durations_are_written_as_people_say_them() {
        let t = built_in().unwrap().remove("en").unwrap();
        for (days, text) in [
            (1, "1 day"),
            (7, "7 days"),
            (30, "1 month"),
            (31, "1 month"),
            (45, "45 days"),
            (90, "90 days"),
            (91, "3 months"),
            (182, "6 months"),
            (183, "6 months"),
            (190, "190 days"),
            (365, "1 year"),
            (395, "13 months"),
            (400, "400 days"),
            (762, "25 months"),
            (3 * 366, "3 years"),
            (5 * 365, "5 years"),
            (10 * 366, "10 years"),
            (1_100, "1100 days"),
        ] {
            let time = Duration::from_secs(days * DAY);
            assert_eq!(duration(time, "en", &t), text, "{days}");
        }
    }
}
