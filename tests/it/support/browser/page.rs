//! Actions on a page, and its contents: `WebDriver`, the same in every browser.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    error::CmdError,
    key::Key,
    wd::WindowHandle,
};
use serde_json::Value;

use super::Browser;
use crate::support::process::PATIENCE;

impl Browser {
    /// Returns the result of a script that runs in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.wait(self.client.execute(script, vec![])).unwrap()
    }

    /// Returns the result of a script that calls its last argument.
    pub(crate) fn run_to_the_end(&self, script: &str) -> Value {
        self.wait(self.client.execute_async(script, vec![]))
            .unwrap()
    }

    /// Waits until an expression of the page is true.
    pub(crate) fn until(&self, condition: &str) {
        let deadline = Instant::now() + PATIENCE;
        let script = format!("return !!({condition})");
        // While one page replaces another, there is none to ask.
        while !matches!(
            self.wait(self.client.execute(&script, vec![])),
            Ok(Value::Bool(true))
        ) {
            assert!(Instant::now() < deadline, "never: {condition}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn go(&self, url: &str) {
        self.wait(self.client.goto(url)).unwrap();
    }

    pub(crate) fn back(&self) {
        self.wait(self.client.back()).unwrap();
    }

    pub(crate) fn path(&self) -> String {
        let url = self.wait(self.client.current_url()).unwrap();
        url.path().to_owned()
    }

    /// Opens another tab and continues there; returns the handle of the first.
    pub(crate) fn open_tab(&self) -> WindowHandle {
        self.wait(async {
            let first = self.client.window().await.unwrap();
            let second = self.client.new_window(true).await.unwrap();
            self.client.switch_to_window(second.handle).await.unwrap();
            first
        })
    }

    pub(crate) fn switch_to(&self, tab: WindowHandle) {
        self.wait(self.client.switch_to_window(tab)).unwrap();
    }

    /// The present tab.
    pub(super) fn tab(&self) -> String {
        self.wait(self.client.window()).unwrap().into()
    }

    pub(crate) fn screenshot(&self) -> Vec<u8> {
        self.wait(self.client.screenshot()).unwrap()
    }

    /// Clicks the first element that the CSS selector finds.
    pub(crate) fn click(&self, selector: &str) {
        self.wait(self.find(selector, Element::click));
    }

    /// Clicks what leads to another page, and waits for that page.
    pub(crate) fn follow(&self, selector: &str) {
        self.wait(async {
            let page = self.client.find(Locator::Css("html")).await.unwrap();
            self.find(selector, Element::click).await;
            self.left(&page).await;
        });
        self.until("document.readyState === 'complete'");
    }

    pub(crate) fn write(&self, selector: &str, text: &str) {
        let write = async |field: &Element| field.send_keys(text).await;
        self.wait(self.find(selector, write));
    }

    pub(crate) fn text(&self, selector: &str) -> String {
        self.wait(self.find(selector, Element::text))
    }

    /// This attribute of every element that the CSS selector finds.
    pub(crate) fn attributes(&self, selector: &str, attribute: &str) -> BTreeSet<String> {
        self.wait(async {
            let mut values = BTreeSet::new();
            for element in self.client.find_all(Locator::Css(selector)).await.unwrap() {
                values.extend(element.attr(attribute).await.unwrap());
            }
            values
        })
    }

    /// Presses a key wherever the focus is.
    pub(crate) fn press(&self, key: Key) {
        let value = char::from(key);
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.wait(self.client.perform_actions(keys)).unwrap();
    }

    /// Presses Tab, and waits until the focus has moved: a busy browser moves it some time after
    /// the key, and a test that checks too early would press once too often.
    pub(crate) fn press_tab(&self) {
        let focused = || {
            self.wait(self.client.active_element())
                .unwrap()
                .element_id()
        };
        let before = focused();
        self.press(Key::Tab);
        let deadline = Instant::now() + PATIENCE;
        while focused() == before {
            assert!(Instant::now() < deadline, "the focus stays where it is");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Presses Tab until the focus is on an element of this value, then Enter, and waits for the
    /// page that comes.
    pub(crate) fn tab_to_and_press(&self, value: &str) {
        for _ in 0..50 {
            let focused = self.wait(self.client.active_element()).unwrap();
            if self.wait(focused.attr("value")).unwrap().as_deref() == Some(value) {
                self.press(Key::Enter);
                self.wait(self.left(&focused));
                return self.until("document.readyState === 'complete'");
            }
            self.press_tab();
        }
        panic!("the keyboard does not reach {value:?}");
    }

    /// Does something with the first element that the CSS selector finds.
    async fn find<T>(
        &self,
        selector: &str,
        act: impl AsyncFnOnce(&Element) -> Result<T, CmdError>,
    ) -> T {
        let found = self.client.find(Locator::Css(selector)).await;
        match found {
            Ok(element) => act(&element).await,
            Err(error) => Err(error),
        }
        .unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Waits until another page has replaced the element's page. The commands that follow wait
    /// until that page is loaded.
    async fn left(&self, element: &Element) {
        let deadline = Instant::now() + PATIENCE;
        while element.tag_name().await.is_ok() {
            assert!(Instant::now() < deadline, "the page stays");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
