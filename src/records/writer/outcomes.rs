//! What became of a group, with the store and without it.

use super::{Job, Outcome, Writer, store::Failure};
use crate::records::Appended;

impl Writer {
    /// Answers that the store has a group.
    pub(super) fn confirm(&mut self, group: &mut Vec<Job>, appended: Vec<Appended>) {
        for (job, appended) in group.drain(..).zip(appended) {
            let id = match appended {
                Appended::New => job.entry.record.id,
                Appended::Same(id) => id,
            };
            if job.is_grant && !job.fate.confirm() && appended == Appended::New {
                self.correct(&job.entry);
            }
            let _ = job.answer.send(Outcome::Durable(id));
        }
    }

    /// Makes a group durable without the store, as far as that counts.
    pub(super) fn spool(&mut self, group: &mut Vec<Job>, failure: Failure) {
        let require_store = self.require_store;
        let counts = |job: &&Job| !(require_store && job.is_grant);
        let entries = group.iter().filter(counts).map(|job| job.entry.clone());
        let entries: Vec<_> = entries.collect();
        let spooled = self.spool.as_mut().map(|spool| spool.append(&entries));
        // A full spool has written nothing of it.
        let is_certain = match &spooled {
            Some(Err(error)) if !require_store => error.is_full(),
            _ => true,
        };
        let spooled = spooled.is_some_and(|spooled| spooled.is_ok());
        self.count_spooled();
        for job in group.drain(..) {
            let counts = spooled && !(self.require_store && job.is_grant);
            if counts {
                if job.is_grant && !job.fate.confirm() {
                    self.correct(&job.entry);
                }
                let _ = job.answer.send(Outcome::Durable(job.entry.record.id));
                continue;
            }
            let id = job.entry.record.id;
            if job.is_grant {
                job.fate.give_up();
                // Of what was never asked for there is nothing to correct, however long the store is down.
                if failure == Failure::Unknown || !is_certain {
                    self.correct(&job.entry);
                }
            } else if !spooled {
                self.hold(job.entry);
            }
            let _ = job.answer.send(match spooled && !job.is_grant {
                true => Outcome::Durable(id),
                false => Outcome::Failed,
            });
        }
    }
}
