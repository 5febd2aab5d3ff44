//! The integration tests: one binary, a module for each subject.

#[cfg(test)]
mod portal;
#[cfg(test)]
mod support;
