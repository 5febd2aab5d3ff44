use super::*;

fn page(html: &str) -> Markup {
    Markup::read(html, &Url::parse("https://localhost/a/b").unwrap())
}

fn path_of(url: &Url) -> String {
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

#[test]
fn only_what_is_shown_and_has_a_text_counts() {
    for html in [
        "<a href=/x data-opt-out=link></a>",
        "<a href=/x data-opt-out=link hidden>x</a>",
        "<div hidden><p><a href=/x data-opt-out=link>x</a></div>",
        "<div style='color: red; Display : None'><a href=/x data-opt-out=link>x</a></div>",
        "<div style=visibility:hidden><a href=/x data-opt-out=link>x</a></div>",
        "<template><a href=/x data-opt-out=link>x</a></template>",
        "<noscript><a href=/x data-opt-out=link>x</a></noscript>",
        "<!-- <a href=/x data-opt-out=link>x</a> -->",
        "<a data-opt-out=link>x</a>",
        "<a href=/x data-opt-out=linked>x</a>",
        "<a href=/x data-opt-out=link><span hidden>x</span></a>",
    ] {
        assert_eq!(page(html).link("link"), None, "{html}");
    }
    for html in [
        "<a href=/x data-opt-out=link>x</a>",
        "<a href=/x data-opt-out='choices link'><b>x</b></a>",
        "<a href=/x data-opt-out=link aria-label=x></a>",
        "<a href=/x data-opt-out=link><img src=/i alt=x></a>",
        "<table><a href=/x data-opt-out=link>x</a><tr></table>",
        "<base href=/x><a href='' data-opt-out=link>x</a>",
        "<div style=display:block><map><area href=../x data-opt-out=link aria-label=x></map></div>",
    ] {
        let link = page(html).link("link").map(|url| url.path().to_owned());
        assert_eq!(link.as_deref(), Some("/x"), "{html}");
    }
}

#[test]
fn a_form_sends_what_browsers_send() {
    let html = "<form method=post action='../out?x=1' id=f data-opt-out=form>\
        <input type=hidden name=a value='1 2'><input name=b><input name=c disabled value=3>\
        <input type=checkbox name=d value=4><input type=checkbox name=e checked>\
        <input type=submit name=go value=away disabled><button type=button name=x>no</button>\
        <button name=go value=out>Opt out</button></form><input form=f name=late value=5>\
        <input name=outside value=6>";
    let page_url = Url::parse("https://localhost/a/b").unwrap();
    let read = page(html);
    let form = read.forms.first().unwrap();
    assert_eq!(form.asks_for(), None);
    let sent = form
        .submission(form.opt_out_button().unwrap(), &page_url)
        .unwrap();
    assert_eq!(path_of(&sent.url), "/out?x=1");
    assert_eq!(sent.body, "a=1+2&b=&e=on&late=5&go=out");
    assert_eq!(sent.parts.headers["origin"], "https://localhost");

    let read = page(
        "<form action=/out><input type=hidden name=a value=1><button data-opt-out=form>x</button></form>",
    );
    let form = read.forms.first().unwrap();
    let sent = form
        .submission(form.opt_out_button().unwrap(), &page_url)
        .unwrap();
    assert_eq!(
        (path_of(&sent.url), &*sent.body),
        ("/out?a=1".to_owned(), &b""[..])
    );
    // To another site, nothing is sent.
    let read = page("<form method=post action=//evil.example/ data-opt-out=form></form>");
    let form = read.forms.first().unwrap();
    assert!(
        form.submission(form.opt_out_button().unwrap(), &page_url)
            .is_none()
    );
}

#[test]
fn a_form_asks_for_what_has_to_be_filled_in() {
    for (field, asked) in [
        ("<input type=email name=x required>", true),
        ("<input type=password name=x>", true),
        ("<textarea name=x required></textarea>", true),
        ("<select name=x required></select>", true),
        ("<input type=checkbox name=x required>", true),
        ("<input name=x>", false),
        ("<input name=x required value=known>", false),
        ("<input type=hidden name=x required>", false),
        ("<div hidden><input name=x required></div>", false),
    ] {
        let read = page(&format!(
            "<form data-opt-out=form>{field}<button>x</button></form>"
        ));
        let found = read.forms.first().unwrap().asks_for();
        assert_eq!(found, asked.then_some("x"), "{field}");
    }
}

#[test]
fn buttons_are_found_by_marks_and_the_crates_own_names() {
    for (html, opts_out, accepts) in [
        (
            "<button name=decision value=opt_out>x</button>",
            true,
            false,
        ),
        ("<button name=decision value=accept>x</button>", false, true),
        ("<button data-opt-out=accept>x</button>", false, true),
        ("<input type=submit data-opt-out=form>", true, false),
        (
            "<button type=button data-opt-out=form>x</button>",
            false,
            false,
        ),
        (
            "<button hidden data-opt-out=accept>x</button>",
            false,
            false,
        ),
        (
            "<button name=decision value=refuse>x</button>",
            false,
            false,
        ),
    ] {
        let read = page(&format!("<form>{html}</form>"));
        let form = read.forms.first().unwrap();
        let found = (
            form.opt_out_button().is_some(),
            form.accept_button().is_some(),
        );
        assert_eq!(found, (opts_out, accepts), "{html}");
    }
}

#[test]
fn a_deep_page_is_read_in_time() {
    let deep = format!(
        "{}<a href=/x data-opt-out=link>x</a>",
        "<div>x".repeat(2_000)
    );
    assert!(page(&deep).link("link").is_some());
}
