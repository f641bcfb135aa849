//! Planted secrets, and the shapes in which each would be seen.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::world::encode;

/// What must not be written anywhere, with what each is.
#[derive(Default)]
pub(super) struct Canaries(Vec<(&'static str, Vec<Vec<u8>>)>);

impl Canaries {
    /// Adds a secret; short ones would be met by chance.
    #[track_caller]
    pub(super) fn add(&mut self, kind: &'static str, secret: impl AsRef<[u8]>) {
        let secret = secret.as_ref();
        assert!(secret.len() >= 6, "{kind} is too short to be looked for");
        self.0.push((kind, shapes(secret)));
    }

    /// How many kinds there are.
    pub(super) fn kinds(&self) -> usize {
        self.0.len()
    }

    /// None of them is here, in any shape.
    #[track_caller]
    pub(super) fn absent(&self, place: &str, content: impl AsRef<[u8]>) {
        let content = content.as_ref();
        for (kind, shapes) in &self.0 {
            let found = shapes.iter().find(|shape| content.windows(shape.len()).any(|part| part == shape.as_slice()));
            assert!(
                found.is_none(),
                "{kind} is in {place}, as {:?}",
                found.map(|shape| shape.escape_ascii().to_string())
            );
        }
    }
}

/// As it is, in hexadecimal, in both alphabets of base64, and as a URL has it.
fn shapes(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex = secret.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let mut shapes = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    shapes.extend([STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)].map(String::into_bytes));
    if let Ok(text) = std::str::from_utf8(secret) {
        shapes.push(encode(text).into_bytes());
        shapes.push(text.replace('&', "&amp;").into_bytes());
    }
    shapes
}

#[test]
fn a_canary_is_seen_in_every_shape() {
    let mut canaries = Canaries::default();
    canaries.add("a secret", "a&b c/d");
    for shape in ["a&b c/d", "61266220632f64", "61266220632F64", "YSZiIGMvZA", "a%26b%20c%2Fd", "a&amp;b c/d"] {
        let seen = std::panic::catch_unwind(|| canaries.absent("here", format!("x{shape}x")));
        assert!(seen.is_err(), "{shape}");
    }
    canaries.absent("here", "nothing");
}
