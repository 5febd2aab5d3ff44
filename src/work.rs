//! Counts the steps of loops over outside bytes, only in tests: instructions differ between
//! machines and times between runs, but steps do not.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Records that this many bytes were examined or hashed, or steps taken.
#[inline]
pub(crate) fn did(steps: usize) {
    #[cfg(test)]
    STEPS.with(|done| done.set(done.get() + steps));
    #[cfg(not(test))]
    let _ = steps;
}

/// Returns the steps that `work` takes.
#[cfg(test)]
pub(crate) fn steps(work: impl FnOnce()) -> usize {
    let before = STEPS.get();
    work();
    STEPS.get() - before
}
