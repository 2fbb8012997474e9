//! Links and forms of a page, as far as a buyer could click them.

/// A form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// Whether it is sent by POST.
    pub post: bool,
    /// Names and what can be sent under them, the preset value first.
    pub inputs: Vec<Input>,
}

/// One input of a form.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// What it may be; one value for a hidden or preset input.
    pub choices: Vec<String>,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not to be seen.
    Hidden,
    /// To be typed in.
    Text,
    /// A choice: a select, radio buttons, a box to tick.
    Choice,
    /// A button; one of a form is pressed.
    Button,
}

/// What a page offers.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The targets of its links.
    pub links: Vec<String>,
    /// Its forms.
    pub forms: Vec<Form>,
}

impl Page {
    /// Reads HTML, as far as it matters here.
    pub fn read(html: &str) -> Page {
        let mut page = Page::default();
        let mut select: Option<String> = None;
        for tag in html.split('<').skip(1) {
            let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
            let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "a" => page.links.extend(attribute(tag, "href")),
                "iframe" | "frame" => page.links.extend(attribute(tag, "src")),
                "form" => page.forms.push(Form {
                    action: attribute(tag, "action").unwrap_or_default(),
                    post: attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
                    inputs: Vec::new(),
                }),
                "select" => select = attribute(tag, "name"),
                "option" => {
                    if let (Some(form), Some(name)) = (page.forms.last_mut(), &select) {
                        form.put(name.clone(), Kind::Choice, attribute(tag, "value").unwrap_or_default());
                    }
                }
                "input" | "button" | "textarea" => {
                    let kind = attribute(tag, "type").unwrap_or_default();
                    let kind = match (name, kind.to_ascii_lowercase().as_str()) {
                        ("button", _) | (_, "submit" | "image") => Kind::Button,
                        (_, "hidden") => Kind::Hidden,
                        (_, "radio" | "checkbox") => Kind::Choice,
                        _ => Kind::Text,
                    };
                    if let (Some(form), Some(name)) = (page.forms.last_mut(), attribute(tag, "name")) {
                        form.put(name, kind, attribute(tag, "value").unwrap_or_default());
                    }
                }
                _ => {}
            }
        }
        page
    }
}

impl Form {
    fn put(&mut self, name: String, kind: Kind, value: String) {
        match self.inputs.iter_mut().find(|input| input.name == name && input.kind == kind && kind != Kind::Hidden) {
            Some(input) => input.choices.push(value),
            None => self.inputs.push(Input { name, kind, choices: vec![value] }),
        }
    }
}

/// An attribute of a tag, with its entities resolved.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let at = rest.find(&format!("{name}="))?;
        let alone = rest[..at].ends_with(|c: char| c.is_whitespace());
        rest = &rest[at + name.len() + 1..];
        if alone {
            break;
        }
    }
    let value = match rest.as_bytes().first() {
        Some(quote @ (b'"' | b'\'')) => rest[1..].split(char::from(*quote)).next().unwrap_or_default(),
        _ => rest.split(char::is_whitespace).next().unwrap_or_default(),
    };
    let plain = value.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&amp;", "&"))
}
