use super::Choice;

/// Left in the extensions of a response by the layer that records: this choice is durable. Nothing on
/// the wire could be trusted for this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded(pub(crate) Choice);
