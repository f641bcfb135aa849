//! Distinguished names (RFC 4514): read at this one place, so that two ways to write one name are one name.

use std::fmt::Write as _;

/// A distinguished name in its normal form: types and values in lower case, single spaces, one way to escape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dn {
    normal: String,
    /// The value of its first part as written, which is what people call the entry.
    name: String,
}

impl Dn {
    /// Reads a name; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = parts(text)?;
        let name = parts.first()?.first()?.1.trim().to_owned();
        let relative = |pairs: &Vec<(String, String)>| {
            let mut pairs = pairs.iter().map(|(kind, value)| format!("{kind}={}", normal(value))).collect::<Vec<_>>();
            pairs.sort_unstable();
            pairs.join("+")
        };
        let normal = parts.iter().map(relative).collect::<Vec<_>>().join(",");
        (!name.is_empty()).then_some(Self { normal, name })
    }

    /// The form that is compared.
    pub fn as_str(&self) -> &str {
        &self.normal
    }

    /// What people call the entry: `Smith, John` of `CN=Smith\, John,OU=Staff`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Lower case, without spaces at the ends or twice in a row, and escaped where it would end the value.
fn normal(value: &str) -> String {
    let words = value.to_lowercase();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut escaped = String::new();
    for c in words.chars() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' | '#' => escaped.extend(['\\', c]),
            c if c.is_control() => _ = write!(escaped, "\\{:02x}", u32::from(c)),
            c => escaped.push(c),
        }
    }
    escaped
}

type Pairs = Vec<(String, String)>;

/// Every relative name with its pairs of type, in lower case, and value, unescaped.
fn parts(text: &str) -> Option<Vec<Pairs>> {
    let mut rest = text.trim();
    let mut parts = vec![Pairs::new()];
    loop {
        let (kind, after) = rest.split_once('=')?;
        let kind = kind.trim().to_ascii_lowercase();
        let sound = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if kind.is_empty() || !kind.bytes().all(sound) {
            return None;
        }
        let (value, after) = value(after)?;
        parts.last_mut()?.push((kind, value));
        match after.chars().next() {
            None => return Some(parts),
            Some('+') => {}
            Some(',' | ';') => parts.push(Pairs::new()),
            Some(_) => return None,
        }
        rest = after.get(1..)?;
    }
}

/// A value up to what ends it, and what follows. An escaped pair of hex digits is a byte of UTF-8.
fn value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches(' ');
    if let Some(quoted) = text.strip_prefix('"') {
        let end = quoted.find('"')?;
        return Some((quoted.get(..end)?.to_owned(), quoted.get(end + 1..)?.trim_start_matches(' ')));
    }
    let (mut bytes, mut at) = (Vec::new(), 0);
    let raw = text.as_bytes();
    // An escaped space at the end is part of the value; one that is not escaped is none.
    let mut kept = 0;
    while let Some(&byte) = raw.get(at) {
        match byte {
            b',' | b';' | b'+' => break,
            b'\\' => {
                let pair = text.get(at + 1..at + 3).filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
                let hex = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
                let (unescaped, length) = match hex {
                    Some(unescaped) => (unescaped, 3),
                    None => (*raw.get(at + 1)?, 2),
                };
                bytes.push(unescaped);
                at += length;
                kept = bytes.len();
            }
            _ => {
                bytes.push(byte);
                at += 1;
                kept = if byte == b' ' { kept } else { bytes.len() };
            }
        }
    }
    bytes.truncate(kept);
    Some((String::from_utf8(bytes).ok()?, text.get(at..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        Dn::parse(one).unwrap().as_str() == Dn::parse(other).unwrap().as_str()
    }

    #[test]
    fn two_ways_to_write_a_name_are_one_name() {
        assert!(same("CN=Smith\\, John,OU=Staff,DC=corp", "cn=smith\\2C John , ou=staff,dc=CORP"));
        assert!(same("cn=\"Smith, John\",dc=corp", "CN=Smith\\, John,DC=corp"));
        assert!(same("CN=Gr\\C3\\B6\\C3\\9Fe,DC=x", "cn=Größe,dc=x"));
        assert!(same("OU=Sales+CN=J.  Smith,O=x", "cn=j. smith+ou=sales,o=x"));
        assert!(!same("CN=a\\,OU=b,DC=x", "CN=a,OU=b,DC=x"));
    }

    #[test]
    fn an_entry_is_called_by_the_value_of_its_first_part() {
        let name = |text: &str| Dn::parse(text).map(|dn| dn.name().to_owned());
        assert_eq!(name("CN=Smith\\, John,OU=Staff").as_deref(), Some("Smith, John"));
        assert_eq!(name("cn=Crew (night)*,dc=x").as_deref(), Some("Crew (night)*"));
        assert_eq!(name("cn=Zoë\\+1,dc=x").as_deref(), Some("Zoë+1"));
        for broken in ["", "cn", "=x", "cn=a,", "cn=a,b", "c n=a", "cn=\\C3,dc=x", "cn=\"a,dc=x", "cn=a\\", "cn=,dc=x"]
        {
            assert_eq!(name(broken), None, "{broken}");
        }
    }
}
