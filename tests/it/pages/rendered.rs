//! The forms of a rendered page, as browsers send them.

use std::collections::BTreeMap;

/// A field of a form that is sent: its name, its value, and `None` or the state of its box.
#[derive(Debug)]
struct Field {
    name: String,
    value: String,
    ticked: Option<bool>,
}

/// A form of a page.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    fields: Vec<Field>,
    /// The values of its buttons, which are all named `decision`.
    pub(crate) buttons: Vec<String>,
}

impl Rendered {
    /// Reads the forms of a page.
    pub(crate) fn all(page: &str) -> Vec<Self> {
        let forms = page.split("<form").skip(1);
        let forms = forms.map(|rest| rest.split("</form>").next().unwrap());
        forms.map(Self::read).collect()
    }

    /// Returns the form with this button.
    pub(crate) fn with(page: &str, button: &str) -> Self {
        let mut all = Self::all(page).into_iter();
        let has_it = |form: &Self| form.buttons.iter().any(|value| value == button);
        all.find(has_it)
            .unwrap_or_else(|| panic!("{button}: {page}"))
    }

    fn read(form: &str) -> Self {
        let mut read = Self::default();
        for tag in form
            .split('<')
            .filter_map(|tag| Some(tag.split_once('>')?.0))
        {
            let attributes = attributes(tag);
            let get = |name: &str| attributes.get(name).cloned().unwrap_or_default();
            match tag.split(' ').next() {
                Some("button") => {
                    assert_eq!(get("name"), "decision", "{tag}");
                    read.buttons.push(get("value"));
                }
                Some("input") => read.fields.push(Field {
                    name: get("name"),
                    value: get("value"),
                    ticked: (get("type") == "checkbox").then(|| tag.ends_with(" checked")),
                }),
                _ => {}
            }
        }
        read
    }

    pub(crate) fn has_boxes(&self) -> bool {
        self.fields.iter().any(|field| field.ticked.is_some())
    }

    /// Sets a box.
    pub(crate) fn set(mut self, name: &str, value: &str, ticked: bool) -> Self {
        let mut fields = self.fields.iter_mut();
        let field = fields
            .find(|it| it.name == name && it.value == value && it.ticked.is_some())
            .unwrap_or_else(|| panic!("no box {name}={value}"));
        assert_ne!(field.ticked, Some(ticked), "{name}={value} is so already");
        field.ticked = Some(ticked);
        self
    }

    /// Returns the values of what is ticked.
    pub(crate) fn ticked(&self) -> Vec<&str> {
        let ticked = self.fields.iter().filter(|it| it.ticked == Some(true));
        ticked.map(|it| it.value.as_str()).collect()
    }

    /// Returns what a button sends.
    pub(crate) fn body(&self, button: &str) -> String {
        assert!(self.buttons.iter().any(|value| value == button), "{button}");
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in self.fields.iter().filter(|it| it.ticked != Some(false)) {
            body.append_pair(&field.name, &field.value);
        }
        body.append_pair("decision", button).finish()
    }
}

fn attributes(tag: &str) -> BTreeMap<String, String> {
    let pairs = tag.split('"').collect::<Vec<_>>();
    let pairs = pairs.chunks_exact(2).map(|pair| {
        let name = pair[0].rsplit(' ').next().unwrap();
        let value = pair[1].replace("&#x2f;", "/").replace("&amp;", "&");
        (name.trim_end_matches('=').to_owned(), value)
    });
    pairs.collect()
}
