use crate::consent::Withheld;

/// The decision about one `Set-Cookie` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    Withhold(Withheld),
    /// Some browsers would treat it as a removal, so all of them get one.
    Replace,
    /// Allowed, but for at most these seconds.
    Clamp(u64),
}
