//! Header bytes as browsers read them.
