//! Addresses as they may be typed, and what becomes of each: the rules for e-mails, as a table.

use super::Email;

/// Typed, and as it is kept.
const KEPT: &[(&str, &str)] = &[
    ("alice@example.com", "alice@example.com"),
    (" alice@example.com ", "alice@example.com"),
    ("Alice@Example.COM", "alice@example.com"),
    ("ALICE@EXAMPLE.COM", "alice@example.com"),
    ("a@b.c", "a@b.c"),
    ("a@localhost", "a@localhost"),
    ("a.b.c@example.com", "a.b.c@example.com"),
    ("a..b@example.com", "a..b@example.com"),
    (".a@example.com", ".a@example.com"),
    ("alice+docs@example.com", "alice+docs@example.com"),
    ("alice+DOCS@example.com", "alice+docs@example.com"),
    ("alice-smith@example.com", "alice-smith@example.com"),
    ("alice_smith@example.com", "alice_smith@example.com"),
    ("o_neill@example.com", "o_neill@example.com"),
    ("#$&*+-=?^_`{}~@example.com", "#$&*+-=?^_`{}~@example.com"),
    ("0@example.com", "0@example.com"),
    ("a@0.example", "a@0.example"),
    ("a@sub.sub.example.com", "a@sub.sub.example.com"),
    ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
    ("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"),
    ("a@bücher.example", "a@xn--bcher-kva.example"),
    ("a@Bücher.Example", "a@xn--bcher-kva.example"),
    ("a@straße.example", "a@xn--strae-oqa.example"),
    ("a@例え.example", "a@xn--r8jz45g.example"),
    ("a@пример.example", "a@xn--e1afmkfd.example"),
    ("a@παράδειγμα.example", "a@xn--hxajbheg2az3al.example"),
    ("a@مثال.example", "a@xn--mgbh0fb.example"),
    // A letter of another script makes another domain, never ours: Cyrillic а and е, Latin dotless i.
    ("a@ex\u{430}mple.com", "a@xn--exmple-4nf.com"),
    ("a@\u{435}xample.com", "a@xn--xample-2of.com"),
    ("a@f\u{131}nance.example", "a@xn--fnance-p9a.example"),
];

const REFUSED: &[&str] = &[
    // Not one @, or nothing beside it.
    "",
    " ",
    "@",
    "@@",
    "alice",
    "alice@",
    "@example.com",
    "alice@@example.com",
    "alice@example.com@",
    "@alice@example.com",
    "alice@evil.example@example.com",
    "alice@example.com@evil.example",
    "evil.example@alice@example.com",
    // Lists and headers.
    "alice@example.com,evil@evil.example",
    "alice@example.com, evil@evil.example",
    "alice@example.com;evil@evil.example",
    "alice,evil@example.com",
    "alice;evil@example.com",
    "alice@example.com evil@evil.example",
    "alice@example.com\r\nBcc: evil@evil.example",
    "alice@example.com\nBcc: evil@evil.example",
    "alice@example.com\rBcc: evil@evil.example",
    "alice\r\n@example.com",
    "alice@example.com%0d%0aBcc:evil",
    "<alice@example.com>",
    "Alice <alice@example.com>",
    "\"Alice\" <alice@example.com>",
    "alice@example.com>",
    "mailto:alice@example.com",
    "[\"alice@example.com\",\"evil@evil.example\"]",
    // Ways to write another host into the local part.
    "alice%evil.example@example.com",
    "evil.example!alice@example.com",
    "alice%40evil.example@example.com",
    "|command@example.com",
    "/file@example.com",
    // Quotes, comments, brackets.
    "\"alice\"@example.com",
    "\"alice evil\"@example.com",
    "\"alice@example.com\"@evil.example",
    "alice\\@example.com",
    "alice\\ evil@example.com",
    "alice(comment)@example.com",
    "alice@(comment)example.com",
    "alice@example.com(comment)",
    "alice:evil@example.com",
    "al[ice@example.com",
    "alice]@example.com",
    "o'neill@example.com",
    // Spaces and controls, wherever they stand.
    "ali ce@example.com",
    "alice @example.com",
    "alice@ example.com.",
    "alice@exam ple.com",
    "alice\t@example.com",
    "\talice@example.com",
    "alice@example.com\t",
    "alice\u{0}@example.com",
    "alice@example.com\u{0}",
    "alice\u{7f}@example.com",
    "alice\u{1b}[2J@example.com",
    "alice\u{a0}@example.com",
    "alice@example.com\u{a0}",
    "alice\u{200b}@example.com",
    "alice@exam\u{200b}ple.com",
    "alice@exam\u{ad}ple.com",
    "\u{feff}alice@example.com",
    "alice\u{202e}@example.com",
    "alice@\u{202e}moc.elpmaxe",
    "alice@exam\u{2028}ple.com",
    // Letters beyond ASCII before the @: the Kelvin sign, dotless i, look-alikes, accents, full width.
    "\u{212a}evin@example.com",
    "kev\u{131}n@example.com",
    "\u{430}lice@example.com",
    "àlice@example.com",
    "a\u{300}lice@example.com",
    "müller@example.com",
    "ａlice@example.com",
    "alice＠example.com",
    "用户@example.com",
    "🙂@example.com",
    // After it: what would be mapped onto another spelling.
    "alice@\u{212a}elvin.example",
    "alice@ｅxample.com",
    "alice@example．com",
    "alice@example。com",
    "alice@ex\u{ff41}mple.com",
    "alice@\u{2460}.example",
    "alice@ﬁnance.example",
    "alice@bu\u{308}cher.example",
    "alice@BÜCHER.example",
    "alice@\u{1d41a}.example",
    "alice@ex\u{300}.example\u{300}",
    // Not a host name.
    "alice@.example.com",
    "alice@example..com",
    "alice@example.com.",
    "alice@-example.com",
    "alice@example-.com",
    "alice@exam_ple.com",
    "alice@exa/mple.com",
    "alice@example.com/path",
    "alice@example.com?x",
    "alice@example.com#x",
    "alice@example.com:25",
    "alice@example.com%00.evil.example",
    "alice@example.com\\.evil.example",
    "alice@evil.example\\@example.com",
    "alice@[127.0.0.1]",
    "alice@[IPv6:::1]",
    "alice@[example.com]",
    "alice@*.example.com",
    "alice@xn--",
    "alice@xn--a.example",
    "alice@xn--zzzzzzzz99999.example",
];

#[test]
fn every_address_in_the_table_becomes_what_the_table_says() {
    for (typed, kept) in KEPT {
        assert_eq!(Email::parse(typed).as_ref().map(Email::as_str), Ok(*kept), "{typed:?}");
        assert_eq!(Email::parse(kept).as_ref().map(Email::as_str), Ok(*kept), "what is kept stays as it is");
    }
    for typed in REFUSED {
        assert!(Email::parse(typed).is_err(), "{typed:?} was taken as {:?}", Email::parse(typed));
    }
    assert!(KEPT.len() + REFUSED.len() >= 100, "{} and {}", KEPT.len(), REFUSED.len());
}

#[test]
fn an_address_has_its_limits() {
    let taken = |local: usize, labels: &[usize]| {
        let domain = labels.iter().map(|length| "d".repeat(*length)).collect::<Vec<_>>().join(".");
        Email::parse(&format!("{}@{domain}", "a".repeat(local))).is_ok()
    };
    assert!(taken(64, &[3]) && !taken(65, &[3]), "64 before the @");
    assert!(taken(1, &[63, 3]) && !taken(1, &[64, 3]), "63 a label");
    assert!(taken(62, &[63, 63, 63]) && !taken(63, &[63, 63, 63]), "254 in all");
    assert!(!taken(1, &[63, 63, 63, 63]), "253 after the @");
}
