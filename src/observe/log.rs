#[cfg(feature = "tracing")]
pub(super) use with_tracing::Log;
#[cfg(not(feature = "tracing"))]
pub(super) use without_tracing::Log;

#[cfg(not(feature = "tracing"))]
mod without_tracing {
    use crate::observe::Event;

    /// Logs nothing: the feature `tracing` is off.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Log {}

    #[allow(clippy::unused_self, reason = "the same calls as with tracing")]
    impl Log {
        pub(crate) const fn listens(&self) -> bool {
            false
        }

        pub(crate) const fn watches(&self) -> bool {
            false
        }

        pub(crate) fn observe(&self, _: &Event<'_>) {}
    }
}

#[cfg(feature = "tracing")]
mod with_tracing {
    use std::{
        fmt,
        hash::{DefaultHasher, Hash, Hasher},
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
    };

    use tracing::{Level, debug, enabled, level_filters::LevelFilter, warn};

    use crate::{
        consent::{DecodeError, Withheld},
        observe::{Direction, Event, EventKind},
        policy::{Category, TrackerKind},
        wire::Unclassifiable,
    };

    const TARGET: &str = "tower_cookie_consent";

    /// The number of different warnings that a layer gives, so that made-up names can't fill a log.
    const MOST_WARNINGS: usize = 128;

    /// Logs through `tracing`: each withholding that the policy intends at debug level, and a
    /// warning for names that the policy does not know, once per name and at debug level from then
    /// on.
    #[derive(Clone)]
    pub(crate) struct Log {
        warned: Arc<[AtomicU64; MOST_WARNINGS]>,
    }

    impl Default for Log {
        fn default() -> Self {
            Self {
                warned: Arc::new([const { AtomicU64::new(0) }; MOST_WARNINGS]),
            }
        }
    }

    impl fmt::Debug for Log {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Log")
        }
    }

    impl Log {
        /// Returns `true` if any subscriber takes warnings of any crate; the cheapest check there
        /// is.
        #[allow(clippy::unused_self, reason = "the same call as without tracing")]
        pub(crate) fn listens(&self) -> bool {
            LevelFilter::current() >= LevelFilter::WARN
        }

        /// Returns `true` if any subscriber takes everything that this crate logs.
        #[allow(clippy::unused_self, reason = "the same call as without tracing")]
        #[inline]
        pub(crate) fn watches(&self) -> bool {
            LevelFilter::current() >= LevelFilter::DEBUG && Self::is_wanted_whole()
        }

        #[cold]
        fn is_wanted_whole() -> bool {
            enabled!(target: TARGET, Level::DEBUG)
        }

        pub(crate) fn observe(&self, event: &Event<'_>) {
            let (report_only, path) = (event.report_only(), event.path());
            let is_header = event.tracker_kind() == TrackerKind::Header;
            let field = match event.kind() {
                EventKind::Rejected(_) | EventKind::Mistake(_) => None,
                _ => (!is_header).then(|| event.direction().field()),
            };
            let Some(is_news) = self.is_news(event, field) else {
                return;
            };
            // Only formatted if the line is written.
            let name = |of_header| {
                let name = event.name().filter(|_| of_header == is_header);
                name.map(tracing::field::display)
            };
            let (cookie, header) = (|| name(false), || name(true));
            let category = || event.category().map(Category::id);
            let how = || event.how().map(Unclassifiable::as_str);
            if is_news {
                warn!(
                    target: TARGET, report_only, cookie = cookie(), header = header(), field, category = category(),
                    how = how(), signal = event.signal(), path, "{event}"
                );
            } else {
                debug!(
                    target: TARGET, report_only, cookie = cookie(), header = header(), field, category = category(),
                    how = how(), signal = event.signal(), path, "{event}"
                );
            }
        }

        /// Returns `true` for a thing that is worth a warning and happens for the first time. Returns
        /// `None` for what is not logged.
        fn is_news(&self, event: &Event<'_>, field: Option<&str>) -> Option<bool> {
            Some(match event.kind() {
                EventKind::Withheld(Withheld::Undeclared) => {
                    self.is_first(&("undeclared", event.tracker_kind(), event.name()))
                }
                EventKind::Withheld(Withheld::UnknownMembers) => {
                    self.is_first(&("unknown_members", event.name()))
                }
                EventKind::Withheld(Withheld::Unreadable) if event.is_of_preferences() => {
                    self.is_first(&("no_choice", event.name()))
                }
                EventKind::Unreadable(DecodeError::CodecPanicked) => {
                    self.is_first(&("codec_panicked", field))
                }
                EventKind::PubliclyCacheable => self.is_first(&("cacheable", event.name())),
                EventKind::NotExpired => self.is_first(&("not expired", event.name())),
                EventKind::Mistake(mistake) => self.is_first(&(mistake, event.name())),
                EventKind::Rejected(why) => self.is_first(&("rejected", why)),
                EventKind::ClearsCookies => self.is_first(&"clears cookies"),
                EventKind::Unclassifiable => self.is_first(&(field, event.how())),
                EventKind::Undeclared if event.tracker_kind() == TrackerKind::Header => {
                    self.is_first(&("undeclared header", event.name()))
                }
                // May be single sign-on of a parent domain, which is nothing to warn about.
                EventKind::Undeclared if event.direction() == Direction::Request => return None,
                EventKind::Passed => return None,
                EventKind::Withheld(_)
                | EventKind::Hidden(_)
                | EventKind::Expired
                | EventKind::Clamped
                | EventKind::Replaced
                | EventKind::Undeclared
                | EventKind::Survived
                | EventKind::SparesChoice
                | EventKind::ChoiceMade
                | EventKind::Unreadable(_) => false,
            })
        }

        /// Returns `true` the first time. A lock-free table of hashes: two names with the same hash
        /// share a warning, and once it is full, nothing more is new. Existing entries are only
        /// read, so cores do not wait for each other.
        fn is_first(&self, what: &impl Hash) -> bool {
            let mut hasher = DefaultHasher::new();
            what.hash(&mut hasher);
            let hash = hasher.finish().max(1);
            let start = usize::try_from(hash % MOST_WARNINGS as u64).unwrap_or(0);
            let (before, from_start) = self.warned.split_at(start);
            for slot in from_start.iter().chain(before) {
                let mut there = slot.load(Ordering::Relaxed);
                if there == 0 {
                    let put = slot.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed);
                    match put {
                        Ok(_) => return true,
                        Err(other) => there = other,
                    }
                }
                if there == hash {
                    return false;
                }
            }
            false
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn each_thing_is_first_once_and_only_so_many_are() {
            let log = Log::default();
            assert!(log.is_first(&"id"));
            assert!(!log.clone().is_first(&"id"));
            let first = (0..1_000).filter(|number| log.is_first(number)).count();
            assert_eq!(first, MOST_WARNINGS - 1);
            assert!(!log.is_first(&"id") && !log.is_first(&0));
        }
    }
}
