//! The signals of a request besides its cookies.

/// The signals of a request besides its cookies, one bit each: every response future carries them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals(u8);

impl Signals {
    pub(crate) const NONE: Self = Self(0);
    /// `Sec-GPC: 1` was received, or a further signal refuses.
    pub(crate) const GPC: Self = Self(1);
    /// The signal counts: it was received, and the site honours it. Further signals always do.
    pub(crate) const GPC_HONOURED: Self = Self(1 << 1);
    /// It comes from another site, according to `Sec-Fetch-Site`, or else `Origin`.
    pub(crate) const OTHER_SITE: Self = Self(1 << 2);
    /// No preferences were received, and they may only be lacking: from another site browsers send no
    /// `SameSite=Lax` cookie but with a navigation of the whole page by GET.
    pub(crate) const CROSS_SITE: Self = Self(1 << 3);
    /// From another site, and not a top-level navigation: browsers do not store `SameSite=Lax`
    /// cookies there.
    pub(crate) const EMBEDDED: Self = Self(1 << 4);
    /// From another site, by a top-level GET navigation.
    pub(crate) const TOP_LEVEL_GET: Self = Self(1 << 5);
    /// Several preferences cookies were received under one name.
    pub(crate) const SEVERAL: Self = Self(1 << 6);
    /// A layer between this one and the service sends a Content-Security-Policy of its own.
    #[cfg(any(feature = "documents", feature = "pages"))]
    pub(crate) const CONFINED: Self = Self(1 << 7);

    #[inline]
    pub(crate) const fn has(self, signal: Self) -> bool {
        self.0 & signal.0 != 0
    }

    /// These, and `signal` if it is `there`.
    #[inline]
    #[must_use]
    pub(crate) const fn with(self, signal: Self, there: bool) -> Self {
        Self(self.0 | (signal.0 * there as u8))
    }

    /// These, but for `signal`.
    #[inline]
    #[must_use]
    pub(crate) const fn without(self, signal: Self) -> Self {
        Self(self.0 & !signal.0)
    }
}
