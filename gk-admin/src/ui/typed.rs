//! A form whose fields may come several times, as it was typed.

/// What a form holds: nothing, or what was typed and not accepted.
#[derive(Clone, Default)]
pub(super) struct Typed(pub(super) Vec<(String, String)>);

impl Typed {
    /// Every value of a field, but for empty ones.
    pub(super) fn all<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t str> {
        let named = self.0.iter().filter(move |(key, value)| key == name && !value.trim().is_empty());
        named.map(|(_, value)| value.trim())
    }

    /// The first value of a field.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }
}
