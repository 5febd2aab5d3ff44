//! Published templates of web pages: packages of the npm registry, none of which is in this repository.

use std::{collections::BTreeMap, path::PathBuf};

use crate::support::{browser::missing, npm::Package};

pub(super) struct Template {
    /// The first part of its pages' paths.
    pub(super) name: &'static str,
    package: Package,
    /// Its folder of pages.
    folder: &'static str,
    pub(super) pages: &'static [&'static str],
    /// Its first page is shown in every run.
    is_light: bool,
}

impl Template {
    pub(super) fn is_shown(&self) -> bool {
        self.is_light || super::is_complete()
    }
}

/// All of them are under the MIT licence.
pub(super) const TEMPLATES: [Template; 7] = [
    Template {
        name: "creative",
        package: Package {
            name: "startbootstrap-creative",
            version: "7.0.7",
            integrity: "sha512-eBv64AUQJZbBbWBIADYqNDFAl/uvel2dFmnkF6ggWE0tw8jzpINZ04yX93/Rj/nWEQzC2UuMu4jLctjUEVUBcQ==",
        },
        folder: "dist",
        pages: &["index.html"],
        is_light: true,
    },
    Template {
        name: "resume",
        package: Package {
            name: "startbootstrap-resume",
            version: "7.0.6",
            integrity: "sha512-nqY3xc5UBischcbWuIZBvm5TAKqjJALDfEckaiR67bBYwvpzicB2FFhw0HNrUVsahM57sfvQSOiVzR2/7ffgLA==",
        },
        folder: "dist",
        pages: &["index.html"],
        is_light: false,
    },
    Template {
        name: "sb-admin",
        package: Package {
            name: "startbootstrap-sb-admin-2",
            version: "4.1.4",
            integrity: "sha512-Zr0JNu4tRD4EJVDwVLETKWfMniFx4Dy3qAnJ96ucqUqIZ8Ns4/H5a6Y0E44/K5lxO05EBQwi24hPxaLEz+2IhA==",
        },
        folder: "",
        pages: &[
            "login.html",
            "index.html",
            "charts.html",
            "register.html",
            "tables.html",
        ],
        is_light: true,
    },
    Template {
        name: "material",
        package: Package {
            name: "material-dashboard",
            version: "3.1.0",
            integrity: "sha512-/dkEhja3jybC2ky+cXvOyCu+BgjdHmxN+6Vj04p5+LtDDQZbZ8PW8qV5YwDW/KwHSs8mpYDG20p964kdc0PMQA==",
        },
        folder: "",
        pages: &[
            "pages/sign-in.html",
            "pages/dashboard.html",
            "pages/map.html",
            "pages/tables.html",
            "pages/virtual-reality.html",
        ],
        is_light: false,
    },
    Template {
        name: "soft-ui",
        package: Package {
            name: "soft-ui-design-system",
            version: "1.0.4",
            integrity: "sha512-tX86rDIsaW2CscpCEolbqvYMpjZOSHGoTZLFRAV+8HJpYEdbNjeS8BsAUhhs8qDlRnbmCykolVgQqKnKlcfLEQ==",
        },
        folder: "",
        pages: &[
            "pages/contact-us.html",
            "index.html",
            "pages/about-us.html",
            "pages/author.html",
            "sections/page-sections/hero-sections.html",
        ],
        is_light: true,
    },
    Template {
        name: "argon",
        package: Package {
            name: "@creative-tim-official/argon-dashboard-free",
            version: "1.2.0",
            integrity: "sha512-kR186Al/2CD0KF267KaRwbsI01yPYgaBQYhh9c8KkOUJ/1PW0C0JlK3Rh1RlmJEYN0P75fzmGA9WGT+BbUOgEA==",
        },
        folder: "",
        pages: &[
            "examples/login.html",
            "examples/map.html",
            "examples/dashboard.html",
            "examples/icons.html",
        ],
        is_light: false,
    },
    Template {
        name: "stisla",
        package: Package {
            name: "stisla",
            version: "2.3.0",
            integrity: "sha512-b2tNqnJlKce4rA7deIpDvMnjHDjln9dsgYOY5h4jGpDyoie5x8THtgMOVHy6USHRDV4NgsuaVwaBq6tg9gOUtQ==",
        },
        folder: "",
        pages: &["gmaps-marker.html", "gmaps-route.html"],
        is_light: false,
    },
];

/// Returns the folders of the templates by their names, or `None` and says why.
pub(super) fn unpacked() -> Option<BTreeMap<&'static str, PathBuf>> {
    let mut folders = BTreeMap::new();
    for template in TEMPLATES.iter().filter(|it| it.is_shown()) {
        match template.package.unpacked() {
            Ok(folder) => folders.insert(template.name, folder.join(template.folder)),
            Err(why) => {
                missing(&format!("a template could not be fetched with npm: {why}"));
                return None;
            }
        };
    }
    Some(folders)
}
