//! Counts, in tests alone, what the loops over foreign bytes do: instructions differ from machine
//! to machine and times from run to run, steps don't.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// So many bytes were looked at, or hashed, or so many steps made.
#[inline]
pub(crate) fn did(steps: usize) {
    #[cfg(test)]
    STEPS.with(|done| done.set(done.get() + steps));
    #[cfg(not(test))]
    let _ = steps;
}

/// The steps that `work` takes.
#[cfg(test)]
pub(crate) fn steps(work: impl FnOnce()) -> usize {
    let before = STEPS.get();
    work();
    STEPS.get() - before
}
