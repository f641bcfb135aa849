//! Tokens and cookies bent from a valid one: each field changed, each length, other spellings, duplicates.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The fields of a token: name and length in bytes, in their order.
const FIELDS: [(&str, usize); 12] = [
    ("version", 1),
    ("kind", 1),
    ("key id", 4),
    ("audience", 8),
    ("user", 8),
    ("session", 16),
    ("issued", 8),
    ("expiry", 8),
    ("user tag", 8),
    ("global tag", 8),
    ("signature", 64),
    ("filter tag", 16),
];

/// A way to change a field, with its name.
type Bend = (&'static str, fn(&mut [u8]));

/// Cookie values with a broken token in them, each with its name.
pub(super) fn all(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let token = cookie.strip_prefix("gk_session=").expect("the cookie's name").as_bytes();
    let mut tokens = changed_fields(token);
    for length in
        (0..=400).step_by(7).chain([1, 2, 3, 4, 198, 199, 201, 202, 204]).filter(|&length| length != token.len())
    {
        let text = token.iter().chain(b"A".iter().cycle()).copied().take(length).collect();
        tokens.push((format!("length {length}"), text));
    }
    for at in (0..token.len()).step_by(11) {
        for other in *b"=+/. %\"\x00\x7f\xc3" {
            let mut text = token.to_vec();
            text[at] = other;
            tokens.push((format!("byte {other:#04x} at {at}"), text));
        }
    }
    tokens.push(("reversed".to_owned(), token.iter().rev().copied().collect()));
    tokens.push(("lower case".to_owned(), token.to_ascii_lowercase()));
    tokens.push(("all zero".to_owned(), vec![b'A'; 200]));
    tokens.push(("all ones".to_owned(), vec![b'_'; 200]));
    tokens.into_iter().map(|(what, text)| (what, [b"gk_session=", text.as_slice()].concat())).collect()
}

/// Each field with its first bit, its last bit, its smallest and its largest value.
fn changed_fields(token: &[u8]) -> Vec<(String, Vec<u8>)> {
    let bytes = decode(token);
    assert_eq!(bytes.len(), FIELDS.iter().map(|(_, length)| length).sum::<usize>(), "the layout of a token");
    assert_eq!(encode(&bytes), token);
    let mut tokens = Vec::new();
    let mut at = 0;
    for (name, length) in FIELDS {
        let field = at..at + length;
        at = field.end;
        let bends: [Bend; 5] = [
            ("first bit", |field| field[0] ^= 0x80),
            ("last bit", |field| field[field.len() - 1] ^= 1),
            ("zero", |field| field.fill(0)),
            ("largest", |field| field.fill(0xff)),
            ("one more", |field| field[field.len() - 1] = field[field.len() - 1].wrapping_add(1)),
        ];
        for (bend, apply) in bends {
            let mut bent = bytes.clone();
            apply(&mut bent[field.clone()]);
            if bent != bytes {
                tokens.push((format!("{name}: {bend}"), encode(&bent)));
            }
        }
    }
    tokens
}

/// Whole Cookie headers in which the valid session stands wrongly; `other` is another valid session.
pub(super) fn cookies(cookie: &str, other: &str) -> Vec<(String, Vec<u8>)> {
    let token = cookie.strip_prefix("gk_session=").expect("the cookie's name");
    let texts = [
        format!("{cookie}; {other}"),
        format!("{other}; {cookie}"),
        format!("{cookie}; gk_session="),
        format!("gk_session=; {cookie}"),
        format!("{cookie}; gk_session=x"),
        format!("{cookie}; a=1; {other}; b=2"),
        format!("{cookie};{other}"),
        format!("GK_SESSION={token}"),
        format!("gk_Session={token}"),
        format!("gk-session={token}"),
        format!("__Host-gk_session={token}"),
        format!("xgk_session={token}"),
        format!("gk_session{token}"),
        format!("gk_session:{token}"),
        format!("gk_session==={token}"),
        format!("gk_session=\"{token}\""),
        format!("gk_session='{token}'"),
        format!("gk_session={token}="),
        format!("gk_session={token}=="),
        format!("gk_session={token}%00"),
        format!("gk_session={token},"),
        format!("gk_session=%41{token}"),
        format!("gk_session={token} x"),
        format!("gk_session={}\u{e4}{}", &token[..100], &token[101..]),
        format!("\u{2000}gk_session={token}"),
        format!("\u{feff}gk_session={token}"),
        format!("gk_session\u{2000}={token}"),
        format!("a=\"; gk_session=x; {cookie}"),
        token.to_owned(),
        "gk_session".to_owned(),
        "=".to_owned(),
        ";".repeat(8_000),
        "gk_session=a;".repeat(500),
        format!("{}={token}", "gk_session".repeat(700)),
    ];
    texts.into_iter().map(|text| (text.chars().take(50).collect(), text.into_bytes())).collect()
}

/// Base64url without padding, to bytes.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |letter: &u8| ALPHABET.iter().position(|known| known == letter).expect("a base64url letter");
    let digits: Vec<usize> = text.iter().map(digit).collect();
    let group = |four: &[usize]| four.iter().fold(0, |sum, digit| sum << 6 | digit);
    digits.chunks_exact(4).flat_map(|four| group(four).to_be_bytes()[5..].to_vec()).collect()
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    let group = |three: &[u8]| three.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let letters = |sum: usize| [18, 12, 6, 0].map(|shift| ALPHABET[sum >> shift & 63]);
    bytes.chunks_exact(3).flat_map(|three| letters(group(three))).collect()
}
