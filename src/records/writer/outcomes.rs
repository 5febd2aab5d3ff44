//! What became of a group, with the store and without it.

use super::{Job, Outcome, Writer, store::Failure};
use crate::records::{Appended, Entry};

impl Writer {
    /// Answers that the store has a group.
    pub(super) fn confirm(&mut self, group: &mut Vec<Job>, appended: Vec<Appended>) {
        let (mut late, mut repeated) = (Vec::new(), Vec::new());
        for (job, appended) in group.drain(..).zip(appended) {
            let counts = !job.is_grant || job.fate.confirm();
            let id = match appended {
                Appended::New => job.entry.record.id,
                Appended::Same(id) => id,
            };
            match appended {
                Appended::New if !counts => late.push(job.entry),
                Appended::Same(_) if counts => repeated.push(id),
                Appended::New | Appended::Same(_) => {}
            }
            let _ = job.answer.send(Outcome::Durable(id));
        }
        // Another response may count on it: the same form was sent twice at once.
        late.retain(|entry| !repeated.contains(&entry.record.id));
        self.take_back(&late);
    }

    /// Makes a group durable without the store, as far as that counts.
    pub(super) fn spool(&mut self, group: &mut Vec<Job>, failure: Failure) {
        let spool_counts = self.spool.is_some() && !self.require_store;
        let is_void = |job: &Job| job.is_grant && (!spool_counts || job.fate.is_given_up());
        let (void, jobs): (Vec<_>, Vec<_>) = group.drain(..).partition(is_void);
        self.turn_down(void, failure == Failure::Unknown);
        let entries = entries(&jobs);
        match self.append_to_spool(&entries) {
            Ok(()) => self.confirm_spooled(jobs),
            Err(unspooled) => {
                let (grants, refusals) = jobs.into_iter().partition(|job: &Job| job.is_grant);
                let may_be_written = Failure::Unknown;
                let is_unknown = failure == may_be_written || unspooled == may_be_written;
                self.turn_down(grants, is_unknown);
                self.keep_refusals(refusals);
            }
        }
    }

    fn confirm_spooled(&mut self, jobs: Vec<Job>) {
        let mut late = Vec::new();
        for job in jobs {
            let id = job.entry.record.id;
            if job.is_grant && !job.fate.confirm() {
                late.push(job.entry);
            }
            let _ = job.answer.send(Outcome::Durable(id));
        }
        self.take_back(&late);
    }

    /// Answers that these grants do not count. Of what was written nowhere there is nothing to take back, however
    /// long the store is down.
    fn turn_down(&mut self, grants: Vec<Job>, may_be_written: bool) {
        for job in &grants {
            job.fate.give_up();
        }
        if may_be_written {
            self.take_back(&entries(&grants));
        }
        for job in grants {
            let _ = job.answer.send(Outcome::Failed);
        }
    }

    fn keep_refusals(&mut self, jobs: Vec<Job>) {
        let is_spooled = self.keep(entries(&jobs));
        for job in jobs {
            let _ = job.answer.send(match is_spooled {
                true => Outcome::Durable(job.entry.record.id),
                false => Outcome::Failed,
            });
        }
    }
}

fn entries(jobs: &[Job]) -> Vec<Entry> {
    jobs.iter().map(|job| job.entry.clone()).collect()
}
