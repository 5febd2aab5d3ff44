//! Forms that reach two processes with one store.

use super::*;

impl Fixture {
    /// Returns the writer of another process.
    fn other_writer(&self, has_spool: bool) -> Writer {
        self.writer_with(has_spool.then(|| (self.folder.file("other.spool"), 1 << 20)))
    }
}

/// The other one may be about to take its record back.
#[tokio::test]
async fn a_grant_known_to_another_process_is_stored_anew() {
    for has_spool in [true, false] {
        let fixture = Fixture::new();
        let mut first = fixture.writer();
        let (late, mut answered) = grant(from_page(1, "aa", true, 0));
        let fate = late.fate.clone();
        fixture.store.giving_up.lock().unwrap().push(fate);
        first.write_all(&mut vec![late]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(1)));

        // A double click, and a reload.
        let mut second = fixture.other_writer(has_spool);
        for numbers in [vec![2, 3], vec![4]] {
            let jobs = numbers
                .iter()
                .map(|it| grant(from_page(*it, "aa", true, 1)));
            let (mut group, answers): (Vec<_>, Vec<_>) = jobs.unzip();
            second.write_all(&mut group).await;
            for mut answered in answers {
                assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(2)));
            }
        }
        first.drain().await;
        let expected = [(id(1), false), (id(1), true), (id(2), false)];
        assert_eq!(fixture.rows().await, expected, "{has_spool}");
        assert!(!first.has_leftovers() && !second.has_leftovers());
    }
}

#[tokio::test]
async fn nothing_is_stored_anew_for_a_response_that_is_out() {
    let fixture = Fixture::new();
    let other = from_page(1, "aa", true, 0);
    fixture.store.store.append(&[other]).await.unwrap();
    let mut writer = fixture.other_writer(true);
    let (late, _) = grant(from_page(2, "aa", true, 1));
    let fate = late.fate.clone();
    fixture.store.giving_up.lock().unwrap().push(fate);
    writer.write_all(&mut vec![late]).await;
    assert_eq!(fixture.rows().await, [(id(1), false)]);
    assert!(!writer.has_leftovers());
}

#[tokio::test]
async fn a_refusal_sent_to_two_processes_is_one_record() {
    let fixture = Fixture::new();
    let writers = [fixture.writer(), fixture.other_writer(true)];
    for (number, mut writer) in (1..).zip(writers) {
        let (job, mut answered) = refusal(from_page(number, "aa", false, number));
        writer.write_all(&mut vec![job]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(1)));
    }
    assert_eq!(fixture.rows().await, [(id(1), false)]);
}
