//! Colours an installation may have: each must be readable on the pages of its scheme.

use super::kind::BadValue;

/// Which pages a colour is for: browsers ask for one kind or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// What WCAG 2 asks of text (level AA); buttons have text on the colour, links are text in it.
const LEAST_CONTRAST: f64 = 4.5;

impl Scheme {
    /// The background of these pages that is nearest to a colour for text. The sheet of the pages has the same.
    pub fn ground(self) -> &'static str {
        match self {
            Self::Light => "#f4f5f2",
            Self::Dark => "#1e2225",
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Light => ("light", "darker"),
            Self::Dark => ("dark", "lighter"),
        }
    }

    /// Checks a colour; nothing is the built-in one.
    pub(super) fn parse(self, text: &str) -> Result<String, BadValue> {
        let text = text.to_ascii_lowercase();
        if text.is_empty() {
            return Ok(text);
        }
        let bad = || BadValue("a colour such as #2f6f5e, or empty".into());
        let (colour, ground) = (luminance(&text).ok_or_else(bad)?, luminance(self.ground()).ok_or_else(bad)?);
        let contrast = (colour.max(ground) + 0.05) / (colour.min(ground) + 0.05);
        if contrast >= LEAST_CONTRAST {
            return Ok(text);
        }
        let (scheme, other) = self.words();
        Err(BadValue(format!(
            "readable: {text} on the {scheme} pages has a contrast of {contrast:.1} and needs {LEAST_CONTRAST}; take a {other} one"
        )))
    }
}

/// How bright a colour is, as WCAG 2 reckons; `None` for what is no `#rrggbb`.
fn luminance(colour: &str) -> Option<f64> {
    let digits = colour
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * part(0)? + 0.7152 * part(2)? + 0.0722 * part(4)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_must_be_readable_on_the_pages_it_is_for() {
        assert_eq!(Scheme::Light.parse("#2F6F5E").as_deref(), Ok("#2f6f5e"));
        assert_eq!(Scheme::Dark.parse("#6cc3aa").as_deref(), Ok("#6cc3aa"));
        assert_eq!(Scheme::Dark.parse("").as_deref(), Ok(""));
        let said = Scheme::Light.parse("#6cc3aa").unwrap_err().to_string();
        assert!(said.starts_with("must be readable") && said.contains("take a darker one"), "{said}");
        assert!(Scheme::Dark.parse("#2f6f5e").unwrap_err().to_string().contains("take a lighter one"));
        for bad in ["red", "#fff", "2f6f5e", "#2f6f5", "#2f6f5eff", "#+1+1+1", "#2f6f5;", "#€€"] {
            assert!(Scheme::Light.parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn black_on_white_is_twenty_one() {
        let (black, white) = (luminance("#000000").unwrap(), luminance("#ffffff").unwrap());
        assert!(((white + 0.05) / (black + 0.05) - 21.0).abs() < 0.01);
    }
}
