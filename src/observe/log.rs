#[cfg(feature = "tracing")]
pub(crate) use with_tracing::Log;
#[cfg(not(feature = "tracing"))]
pub(crate) use without_tracing::Log;

#[cfg(not(feature = "tracing"))]
mod without_tracing {
    use crate::observe::Event;

    /// Tells nobody: the feature `tracing` is off.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Log {}

    impl Log {
        #[allow(clippy::unused_self, reason = "the same call as with tracing")]
        pub(crate) fn observe(&self, _: &Event<'_>, _report_only: bool) {}
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

    use tracing::{Level, debug, enabled, warn};

    use crate::{
        consent::Withheld,
        observe::{Event, Way, name::ShownName},
    };

    const TARGET: &str = "tower_cookie_consent";

    /// How many different warnings a layer ever gives; whoever makes up names can't fill a log.
    const MOST_WARNINGS: usize = 128;

    /// Tells `tracing`: debug for each withholding that the policy means, a warning once a name for
    /// what the policy does not know.
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
        pub(crate) fn observe(&self, event: &Event<'_>, report_only: bool) {
            match *event {
                Event::Withheld {
                    way: Way::Response,
                    name,
                    why: Withheld::Undeclared,
                    ..
                } => {
                    if enabled!(target: TARGET, Level::WARN) && self.is_first(&("undeclared", name))
                    {
                        warn!(target: TARGET, report_only, cookie = %ShownName(name), "{event}");
                    }
                }
                Event::Unclassifiable { way, how } => {
                    if enabled!(target: TARGET, Level::WARN)
                        && self.is_first(&("unclassifiable", way, how))
                    {
                        let (field, how) = (way.field(), how.as_str());
                        warn!(target: TARGET, report_only, field, how, "{event}");
                    }
                }
                Event::Withheld {
                    way,
                    name,
                    category,
                    ..
                } => {
                    let (cookie, field) = (ShownName(name), way.field());
                    debug!(target: TARGET, report_only, %cookie, field, category, "{event}");
                }
                Event::Unreadable(_) => debug!(target: TARGET, report_only, "{event}"),
                Event::Expired { name } | Event::Replaced { name } | Event::Clamped { name } => {
                    debug!(target: TARGET, report_only, cookie = %ShownName(name), "{event}");
                }
            }
        }

        /// Whether this is told for the first time. A table of hashes without a lock: two names of
        /// one hash share a warning, and when it is full nothing more is new.
        fn is_first(&self, what: &impl Hash) -> bool {
            let mut hasher = DefaultHasher::new();
            what.hash(&mut hasher);
            let hash = hasher.finish().max(1);
            for slot in self.warned.iter() {
                match slot.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return true,
                    Err(there) if there == hash => return false,
                    Err(_) => {}
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
        }
    }
}
