//! What became of a group, with the store and without it.

use super::{Job, Manner, Outcome, Writer, failure::Failure, leftovers::own};
use crate::records::{Appended, Entry};

impl Writer {
    /// Answers what became of each job of a group. Returns the grants that repeat a record of which only others
    /// know.
    pub(super) fn settle(
        &mut self,
        group: Vec<Job>,
        fared: Vec<Result<Appended, Failure>>,
    ) -> Vec<Job> {
        let (mut taken, mut away, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let mut failure = Failure::NotAsked;
        for (job, fared) in group.into_iter().zip(fared) {
            match fared {
                Ok(appended) => taken.push((job, appended)),
                Err(Failure::Refused) => refused.push(job),
                Err(Failure::NotAsked) => away.push(job),
                Err(Failure::Unknown) => {
                    failure = Failure::Unknown;
                    away.push(job);
                }
            }
        }
        let unproven = self.confirm(taken);
        self.refuse(refused);
        self.spool(away, failure);
        unproven
    }

    /// Stores each of these as a record of its own, and those of one form as one. The process that has recorded
    /// the form may be about to take that back.
    pub(super) async fn store_anew(&mut self, mut jobs: Vec<Job>) {
        while !jobs.is_empty() {
            let (mut first, mut others) = (Vec::<Job>::new(), Vec::new());
            for job in jobs {
                if job.fate.is_given_up() {
                    continue;
                }
                let Some(job) = self.answer_repeated(job, true) else {
                    continue;
                };
                let key = &job.entry.record.key;
                match first.iter().any(|it| it.entry.record.key == *key) {
                    true => others.push(job),
                    false => first.push(job),
                }
            }
            if first.is_empty() {
                return;
            }
            let fared = self.hand_over(&entries(&first), Manner::Live).await;
            let unproven = self.settle(first, fared);
            // Without a nonce there is nothing to repeat.
            self.spool(unproven, Failure::NotAsked);
            jobs = others;
        }
    }

    /// Answers that the store has these. Returns the grants that repeat a record of which only others know.
    fn confirm(&mut self, group: Vec<(Job, Appended)>) -> Vec<Job> {
        let (mut new, mut unproven) = (Vec::new(), Vec::new());
        let (mut late, mut repeated) = (Vec::new(), Vec::new());
        let mut given_out = Vec::new();
        for (job, appended) in group {
            let own = job.entry.record.id;
            let (id, is_proven) = match appended {
                Appended::New => (own, true),
                Appended::Same(id) if new.contains(&id) => (id, true),
                Appended::Same(id) => match self.forms.repeated(&job.entry.record) {
                    Some((known, true)) => (known, true),
                    _ => (id, false),
                },
            };
            if id == own {
                new.push(own);
            }
            if job.is_grant && !is_proven {
                unproven.push(job);
                continue;
            }
            let is_waiting = job.fate.confirm();
            match appended {
                Appended::New if job.is_grant && !is_waiting => late.push(job.entry),
                // The visitor has a receipt with its id.
                Appended::Same(_) if !job.is_grant && !is_waiting => given_out.push(job.entry),
                Appended::Same(_) if !is_waiting => {}
                Appended::New | Appended::Same(_) => {
                    self.forms.note(&job.entry.record, id, is_proven);
                    repeated.extend((id != own).then_some(id));
                }
            }
            let _ = job.answer.send(Outcome::Durable(id));
        }
        // Another response may count on it: the same form was sent twice at once.
        late.retain(|entry| !repeated.contains(&entry.record.id));
        self.take_back(&late);
        self.keep(given_out.into_iter().map(own).collect());
        unproven
    }

    /// Makes jobs durable without the store, as far as that counts.
    fn spool(&mut self, group: Vec<Job>, failure: Failure) {
        if group.is_empty() {
            return;
        }
        let spool_counts = self.spool_counts();
        let is_void = |job: &Job| job.is_grant && (!spool_counts || job.fate.is_given_up());
        let jobs = group
            .into_iter()
            .filter_map(|job| self.answer_repeated(job, spool_counts));
        let (void, jobs): (Vec<_>, Vec<_>) = jobs.partition(is_void);
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

    /// Answers a form that is sent again with the record that it repeats. Returns any other job.
    fn answer_repeated(&self, job: Job, grants_count: bool) -> Option<Job> {
        let repeated = self.forms.repeated(&job.entry.record);
        // A receipt that a visitor has is a record of its own.
        let repeated = repeated.filter(|(id, _)| *id != job.entry.record.id);
        let Some((id, is_durable)) = repeated else {
            return Some(job);
        };
        let counts = !job.is_grant || (is_durable && grants_count);
        if !counts || !job.fate.confirm() {
            return Some(job);
        }
        let _ = job.answer.send(match is_durable {
            true => Outcome::Durable(id),
            false => Outcome::Later(id),
        });
        None
    }

    fn confirm_spooled(&mut self, jobs: Vec<Job>) {
        let mut late = Vec::new();
        for job in jobs {
            let id = job.entry.record.id;
            if job.fate.confirm() || !job.is_grant {
                self.forms.note(&job.entry.record, id, true);
            } else {
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

    /// Answers that the store refuses these, whatever else it takes.
    fn refuse(&mut self, jobs: Vec<Job>) {
        let (grants, refusals) = jobs.into_iter().partition(|job| job.is_grant);
        self.turn_down(grants, false);
        if self.set_aside(&entries(&refusals)).is_err() {
            self.counts.lose(refusals.len());
        }
        for job in refusals {
            let _ = job.answer.send(Outcome::Failed);
        }
    }

    fn keep_refusals(&mut self, jobs: Vec<Job>) {
        let entries = entries(&jobs);
        let is_spooled = self.append_to_spool(&entries).is_ok();
        for (job, entry) in jobs.into_iter().zip(entries) {
            let id = entry.record.id;
            let is_kept = is_spooled || self.hold(entry);
            if is_kept {
                self.forms.note(&job.entry.record, id, is_spooled);
            }
            let _ = job.answer.send(match (is_spooled, is_kept) {
                (true, _) => Outcome::Durable(id),
                (false, true) => Outcome::Later(id),
                (false, false) => Outcome::Failed,
            });
        }
    }
}

fn entries(jobs: &[Job]) -> Vec<Entry> {
    jobs.iter().map(|job| own(job.entry.clone())).collect()
}
