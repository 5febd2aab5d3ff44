//! Screenshots on a phone and on a desktop.

use base64::{Engine, engine::general_purpose::STANDARD};
use tower_cookie_consent::CookiePolicy;

use crate::{Failure, devtools::Browser};

/// The width and height in CSS pixels.
const DEVICES: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desktop", 1280, 800)];

/// What was pictured.
#[derive(Default)]
pub(crate) struct Pictures {
    /// The path, the explanation, and the picture.
    pub(crate) taken: Vec<(String, String, Vec<u8>)>,
    /// The paths of those of which the end is missing.
    pub(crate) cut_off: Vec<String>,
}

/// Returns the pages of the site by name: the first is that with the banner, the last that with the form.
pub(crate) fn places(policy: &CookiePolicy, url: &str) -> [(&'static str, String); 3] {
    let cookies = policy.pages_at().unwrap_or("/cookies");
    [
        ("home", format!("{url}/")),
        ("charter", format!("{url}{cookies}")),
        ("form", format!("{url}{cookies}/preferences")),
    ]
}

/// Takes pictures of the pages in the pack.
pub(crate) fn of_rendered(
    browser: &mut Browser,
    url: &str,
    paths: &[String],
    pictures: &mut Pictures,
) -> Result<(), Failure> {
    browser.begin_anew()?;
    for path in paths.iter().filter(|path| path.ends_with(".html")) {
        let name = path.trim_start_matches("pages/").trim_end_matches(".html");
        let page = format!("{url}/{path}");
        take(browser, &page, name, &format!("The page {path}"), pictures)?;
    }
    Ok(())
}

/// Takes pictures of the site itself, in each language of the pages in the pack.
pub(crate) fn of_site(
    browser: &mut Browser,
    places: &[(&str, String)],
    paths: &[String],
    pictures: &mut Pictures,
) -> Result<(), Failure> {
    let languages = paths.iter().filter_map(|path| {
        let rest = path.strip_prefix("pages/policy/")?;
        rest.strip_suffix("/charter.html")
    });
    for language in languages {
        browser.begin_anew()?;
        browser.read(language)?;
        for (name, url) in places {
            let about =
                format!("The page {name:?} as the site itself answers a reader of {language}");
            take(
                browser,
                url,
                &format!("site/{language}/{name}"),
                &about,
                pictures,
            )?;
        }
    }
    Ok(())
}

fn take(
    browser: &mut Browser,
    url: &str,
    name: &str,
    about: &str,
    pictures: &mut Pictures,
) -> Result<(), Failure> {
    for (device, width, height) in DEVICES {
        browser.resize(width, height)?;
        browser.open(url)?;
        let (picture, is_cut_off) = browser.picture(width)?;
        let path = format!("screenshots/{name}-{device}.png");
        if is_cut_off {
            pictures.cut_off.push(path.clone());
        }
        let about = format!("{about}, on a {device}.");
        pictures
            .taken
            .push((path, about, STANDARD.decode(picture)?));
    }
    Ok(())
}
