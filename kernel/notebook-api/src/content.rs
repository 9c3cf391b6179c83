//! What a display consists of.

/// A picture, table or text in one or more forms, each under its media type; the front end takes the best that it
/// can show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    forms: Vec<(String, String)>,
}

impl Content {
    /// Content without any form yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a form: a media type such as `text/html`, and its text; for pictures other than SVG the base64 of it.
    #[must_use]
    pub fn with(mut self, media_type: &str, text: impl Into<String>) -> Self {
        self.forms.push((media_type.to_string(), text.into()));
        self
    }

    /// Adds the form for front ends that show only text.
    #[must_use]
    pub fn with_text(self, text: impl Into<String>) -> Self {
        self.with("text/plain", text)
    }

    /// Media types and texts, in the order in which they were added.
    pub fn forms(&self) -> &[(String, String)] {
        &self.forms
    }

    /// The plain text, or the first form where there is none.
    pub fn plain_text(&self) -> &str {
        let plain = self.forms.iter().find(|(media_type, _)| media_type == "text/plain");
        plain.or(self.forms.first()).map_or("", |(_, text)| text)
    }
}

/// HTML.
pub fn html(html: impl Into<String>) -> Content {
    Content::new().with("text/html", html).with_text("(HTML)")
}

/// A picture as SVG.
pub fn svg(svg: impl Into<String>) -> Content {
    Content::new().with("image/svg+xml", svg).with_text("(a picture)")
}

/// Markdown.
pub fn markdown(markdown: impl Into<String>) -> Content {
    let markdown = markdown.into();
    Content::new().with("text/markdown", markdown.clone()).with_text(markdown)
}

/// A formula or text in LaTeX.
pub fn latex(latex: impl Into<String>) -> Content {
    let latex = latex.into();
    Content::new().with("text/latex", latex.clone()).with_text(latex)
}

/// Plain text.
pub fn text(text: impl Into<String>) -> Content {
    Content::new().with_text(text)
}

/// JSON of any media type, such as `application/vnd.vegalite.v5+json` or `application/json`.
pub fn json(media_type: &str, json: impl Into<String>) -> Content {
    let json = json.into();
    Content::new().with(media_type, json.clone()).with_text(json)
}
