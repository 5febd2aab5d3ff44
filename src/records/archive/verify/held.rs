//! Checkpoints from outside, which the export has to continue.

use super::verified::Misfit;
use crate::records::{
    Checkpoint,
    archive::{key_chain::KeyChain, tree::Growth},
};

pub(super) struct Held {
    /// Those to come, the smallest last.
    left: Vec<Checkpoint>,
    fitting: u64,
    misfit: Option<Misfit>,
}

impl Held {
    pub(super) fn new(mut checkpoints: Vec<Checkpoint>) -> Self {
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        Self {
            left: checkpoints,
            fitting: 0,
            misfit: None,
        }
    }

    /// Compares those of the tree's size with it. Lines of keys are before all leaves.
    pub(super) fn compare(&mut self, line: u64, tree: &Growth, keys: &KeyChain) {
        while let Some(held) = self.left.pop_if(|held| held.size <= tree.size()) {
            let size = held.size;
            let what = if !keys.signed(&held) {
                format!("the checkpoint of {size} leaves from outside is not signed by the key")
            } else if held.size != tree.size() || held.root != tree.root() {
                format!(
                    "another history than that of the checkpoint of {size} leaves from outside, which is \
                     signed too"
                )
            } else {
                self.fitting += 1;
                continue;
            };
            self.misfit.get_or_insert(Misfit::new(line, what));
        }
    }

    /// Returns how many fit, once all lines are read: the last is at this number.
    pub(super) fn finish(self, line: u64, size: u64) -> Result<u64, Misfit> {
        if let Some(misfit) = self.misfit {
            return Err(misfit);
        }
        match self.left.first() {
            None => Ok(self.fitting),
            Some(largest) => {
                let what = format!(
                    "the export ends at {size} leaves, and the checkpoint from outside has {}",
                    largest.size
                );
                Err(Misfit::new(line, what))
            }
        }
    }
}
