//! The tools that are packages of the npm registry: their files, and where to click.

use tower_cookie_consent::{codecs, preferences::PreferencesCookie};

use crate::support::npm::Package;

/// A tool, its page in `tests/data/banners/`, and what a visitor clicks there.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) packages: &'static [Package],
    /// One category, `stats`, by the tool's own key.
    pub(super) follow: fn() -> PreferencesCookie,
    pub(super) accept: &'static [&'static str],
    pub(super) withdraw: &'static [&'static str],
    /// Returns `true` in the page if the tool has stored the consent.
    pub(super) granted: &'static str,
}

pub(super) const TOOLS: [Tool; 6] = [
    Tool {
        name: "vanilla_cookieconsent",
        packages: &[Package {
            name: "vanilla-cookieconsent",
            version: "3.1.0",
            integrity: "sha512-/McNRtm/3IXzb9dhqMIcbquoU45SzbN2VB+To4jxEPqMmp7uVniP6BhGLjU8MC7ZCDsNQVOp27fhQTM/ruIXAA==",
        }],
        follow: || {
            let reader = codecs::VanillaCookieconsent::new().answer("stats", ["analytics"]);
            PreferencesCookie::follow(reader)
        },
        accept: &[".cm [data-role=all]"],
        withdraw: &["#settings", ".pm [data-role=necessary]"],
        granted: "document.cookie.includes('%22analytics%22%2C')",
    },
    Tool {
        name: "klaro",
        packages: &[Package {
            name: "klaro",
            version: "0.7.22",
            integrity: "sha512-NkaFxS4S8160/zH1UQzCSYIIsAtwIDHIkJ7xofCrgRqk14OSY+OJuwCjYyW+q5fmIeF4RvsuBH6brPe2BS9Z0A==",
        }],
        follow: || PreferencesCookie::follow(codecs::Klaro::new().answer("stats", ["matomo"])),
        accept: &[".klaro .cm-btn-success"],
        withdraw: &[
            "#settings",
            ".klaro label[for=purpose-item-disableAll]",
            ".klaro .cm-btn-accept",
        ],
        granted: "document.cookie.includes('%22matomo%22%3Atrue')",
    },
    Tool {
        name: "tarteaucitron",
        packages: &[Package {
            name: "tarteaucitronjs",
            version: "1.34.0",
            integrity: "sha512-PEzKEjOLC06zCWSZB1RuQkSlzbDYXSKohv0XD7BMjgfE/M+LhiWLTdNAj47VW9xcVsuQCSvLpR/gqkripHaU6g==",
        }],
        follow: || {
            let reader = codecs::Tarteaucitron::new().answer("stats", ["matomocloud"]);
            PreferencesCookie::follow(reader)
        },
        accept: &["#tarteaucitronPersonalize2"],
        withdraw: &["#settings", "#tarteaucitronAllDenied"],
        granted: "document.cookie.includes('!matomocloud=true')",
    },
    Tool {
        name: "osano",
        packages: &[Package {
            name: "cookieconsent",
            version: "3.1.1",
            integrity: "sha512-v8JWLJcI7Zs9NWrs8hiVldVtm3EBF70TJI231vxn6YToBGj0c9dvdnYwltydkAnrbBMOM/qX1xLFrnTfm5wTag==",
        }],
        follow: || PreferencesCookie::follow(codecs::Osano::new().answer("stats", ["ANALYTICS"])),
        accept: &[".cc-allow"],
        withdraw: &["#settings", ".cc-deny"],
        granted: "document.cookie.includes('=allow')",
    },
    Tool {
        name: "orejime",
        packages: &[Package {
            name: "orejime",
            version: "3.2.1",
            integrity: "sha512-jAEjX6Rzn8W6D+vkoFhJUXECzpLtGUXQJ9yj9PhEkDo/7ZeK2uGjAfXxdQRI4IWPvIL+jVPxgm5Dsi5Rv+8qMw==",
        }],
        follow: || PreferencesCookie::follow(codecs::Orejime::new().answer("stats", ["matomo"])),
        accept: &[".orejime-Banner-saveButton"],
        withdraw: &[
            "#settings",
            "[data-testid=orejime-modal-disable-all]",
            ".orejime-Modal-saveButton",
        ],
        granted: "document.cookie.includes('%22matomo%22:true')",
    },
    Tool {
        name: "c15t",
        packages: &C15T,
        follow: || PreferencesCookie::follow(codecs::C15t::new().answer("stats", ["measurement"])),
        accept: &["#accept"],
        withdraw: &["#settings", "#refuse"],
        granted: "document.cookie.includes('c.measurement:1')",
    },
];

/// c15t, and the packages that it imports.
const C15T: [Package; 5] = [
    Package {
        name: "c15t",
        version: "2.2.1",
        integrity: "sha512-6/yePflfCveo6Q1qMsX3DaKyE2OEuy41PBIl61Z7wScvJkIos3fky2RvBe8p+cScIGM0AbGoXvSEkOxbBda75g==",
    },
    Package {
        name: "@c15t/schema",
        version: "2.2.0",
        integrity: "sha512-rj6H1AlbbSnioNaw9Cvoc3vCchVAV/55Jd/6wrzhzW+2z2ByUyf+pDvZXQnAm0KMfsuQ8oDgqNqmPdqD1aJNFw==",
    },
    Package {
        name: "@c15t/translations",
        version: "2.2.1",
        integrity: "sha512-JgYXn+bTyys/7e7SMfu19zVBlW1cED6/CqJ5mbOmmfMr9MSkaAq0/UK/6/29FhcfCJKmHq+kQqKa0igX86mJeA==",
    },
    Package {
        name: "zustand",
        version: "5.0.14",
        integrity: "sha512-/8tAspM5LMPr28b3fwLYrtdj77ECpfZviaP75CMTnwO8ISyaE4GDIG/9rDDYq/cH9D2Xw2A2RXglLInmVBQB/g==",
    },
    Package {
        name: "valibot",
        version: "1.4.2",
        integrity: "sha512-gjdCvJ6d3RyHAneqxMYMW9QMCwYMb3jpOO0IyHZV1bnRHFBHrX3VkIILt5XYR0WhwHiH7Mty8ovuPZ/O3gamrg==",
    },
];
