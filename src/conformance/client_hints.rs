//! The client hints that Chromium sends with every request.

pub(super) const CLIENT_HINTS: [&str; 3] = ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"];

/// Returns the values of the client hints of the browser with this `User-Agent`; `None` for other engines.
pub(super) fn client_hints(agent: &str) -> Option<[String; 3]> {
    let (_, version) = agent.split_once("Chrome/")?;
    let version: String = version.chars().take_while(char::is_ascii_digit).collect();
    let has = |part: &str| agent.contains(part);
    let brand = match () {
        () if has("Edg/") => "Microsoft Edge",
        () if has("OPR/") => "Opera",
        () if has("SamsungBrowser/") => "Samsung Internet",
        () if has("HeadlessChrome/") => "HeadlessChrome",
        () if has("; wv)") => "Android WebView",
        () => "Google Chrome",
    };
    let platform = match () {
        () if has("Android") => "Android",
        () if has("Windows") => "Windows",
        () if has("Mac OS X") => "macOS",
        () => "Linux",
    };
    let mobile = if has(" Mobile ") { "?1" } else { "?0" };
    Some([
        format!(
            "\"Chromium\";v=\"{version}\", \"{brand}\";v=\"{version}\", \"Not_A Brand\";v=\"99\""
        ),
        mobile.to_owned(),
        format!("\"{platform}\""),
    ])
}

#[cfg(test)]
mod tests {
    use super::client_hints;

    #[test]
    fn chromium_sends_hints_and_others_do_not() {
        let phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                     Mobile Safari/537.36";
        let [brands, mobile, platform] = client_hints(phone).unwrap();
        assert!(brands.contains("\"Google Chrome\";v=\"142\""), "{brands}");
        assert_eq!((&*mobile, &*platform), ("?1", "\"Android\""));
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0";
        let [brands, mobile, platform] = client_hints(edge).unwrap();
        assert!(brands.contains("Microsoft Edge"), "{brands}");
        assert_eq!((&*mobile, &*platform), ("?0", "\"Windows\""));
        assert_eq!(client_hints("Mozilla/5.0 Firefox/145.0"), None);
        assert_eq!(client_hints("curl/8.14.1"), None);
    }
}
