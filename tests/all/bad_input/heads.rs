//! Malformed HTTP heads. Each carries a session that opens the app, so only its form keeps it out.

const LINE: &str = "GET /api/v1/auth/validate HTTP/1.1";

/// The head all others are bent from.
pub(super) fn good(cookie: &str) -> Vec<u8> {
    head(LINE, &["Host: auth.gk.localhost", "X-GK-App: docs", &format!("Cookie: {cookie}")])
}

/// Every malformed head, with its name.
pub(super) fn all(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let mut heads = hosts(cookie);
    heads.extend(bodies(cookie));
    heads.extend(request_lines(cookie));
    heads.extend(line_ends(cookie));
    heads.extend(names_and_values(cookie));
    heads.extend(sizes(cookie));
    heads.extend(cut_short(cookie));
    heads.extend(noise());
    heads
}

fn head(line: &str, headers: &[&str]) -> Vec<u8> {
    format!("{line}\r\n{}\r\n\r\n", headers.join("\r\n")).into_bytes()
}

/// The good head with more header lines.
fn with(cookie: &str, more: &[&str]) -> Vec<u8> {
    let cookie = format!("Cookie: {cookie}");
    head(LINE, &[&["Host: auth.gk.localhost", "X-GK-App: docs", &cookie], more].concat())
}

fn hosts(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let cookie = format!("Cookie: {cookie}");
    let two = ["Host: auth.gk.localhost", "Host: evil.example", "host: auth.gk.localhost", "HOST: x", "Host:"];
    let mut heads = vec![("no Host".to_owned(), head(LINE, &["X-GK-App: docs", &cookie]))];
    heads.push((
        "no Host, HTTP/1.0".to_owned(),
        head("GET /api/v1/auth/validate HTTP/1.0", &["X-GK-App: docs", &cookie]),
    ));
    for second in two {
        heads.push((
            format!("two Hosts, {second}"),
            head(LINE, &["Host: auth.gk.localhost", "X-GK-App: docs", &cookie, second]),
        ));
        heads.push((
            format!("two Hosts, first {second}"),
            head(LINE, &[second, "Host: auth.gk.localhost", "X-GK-App: docs", &cookie]),
        ));
    }
    heads
}

fn bodies(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let lengths = [
        "1",
        "5",
        "+3",
        "-1",
        "0x10",
        "1,1",
        "1, 2",
        "99999999999999999999",
        "18446744073709551616",
        " ",
        "a",
        "1 1",
        "0b1",
        "1e3",
        "\u{661}",
        "5;",
        "00000000000000000005",
        "2147483648",
    ];
    let codings = [
        "chunked",
        "Chunked",
        "identity",
        "gzip, chunked",
        "chunked, chunked",
        "chunked, identity",
        "xchunked",
        " chunked",
        "\tchunked",
        "\"chunked\"",
        "chunked;a=b",
        "",
        ",",
        "chunked\u{b}",
        "deflate",
    ];
    let tail = |mut bytes: Vec<u8>| {
        bytes.extend(b"0\r\n\r\n");
        bytes
    };
    let mut heads = Vec::new();
    for length in lengths {
        heads.push((format!("Content-Length {length:?}"), tail(with(cookie, &[&format!("Content-Length: {length}")]))));
        heads.push((
            format!("lengths 0 and {length:?}"),
            tail(with(cookie, &["Content-Length: 0", &format!("Content-Length: {length}")])),
        ));
    }
    for coding in codings {
        let coding_line = format!("Transfer-Encoding: {coding}");
        heads.push((coding_line.clone(), tail(with(cookie, &[&coding_line]))));
        heads.push((format!("CL+TE {coding:?}"), tail(with(cookie, &["Content-Length: 5", &coding_line]))));
        heads.push((format!("TE+CL {coding:?}"), tail(with(cookie, &[&coding_line, "Content-Length: 0"]))));
    }
    heads.push((
        "two TE".to_owned(),
        tail(with(cookie, &["Transfer-Encoding: chunked", "Transfer-Encoding: identity"])),
    ));
    for bad in ["zz", "-1", "ffffffffffffffffff", "5;\u{0}", "\u{0}", "0x5"] {
        let mut bytes = with(cookie, &["Transfer-Encoding: chunked"]);
        bytes.extend(format!("{bad}\r\nhello\r\n0\r\n\r\n").bytes());
        heads.push((format!("chunk {bad:?}"), bytes));
    }
    heads
}

fn request_lines(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let path = "/api/v1/auth/validate";
    let lines = [
        format!("GET  {path} HTTP/1.1"),
        format!(" GET {path} HTTP/1.1"),
        format!("GET\t{path}\tHTTP/1.1"),
        format!("GET {path}"),
        format!("GET {path} HTTP/0.9"),
        format!("GET {path} HTTP/1.2"),
        format!("GET {path} HTTP/2.0"),
        format!("GET {path} HTTP/3"),
        format!("GET {path} HTTP/1.1.1"),
        format!("GET {path} HTTP/11"),
        format!("GET {path} HTTP/1."),
        format!("GET {path} http/1.1"),
        format!("GET {path} HTTX/1.1"),
        format!("GET {path} HTTP/ 1.1"),
        format!("GET {path} ICY/1.1"),
        format!("GET {path} x HTTP/1.1"),
        format!("get {path} HTTP/1.1"),
        format!("Get {path} HTTP/1.1"),
        format!("GET\0 {path} HTTP/1.1"),
        format!("G\u{cb}T {path} HTTP/1.1"),
        format!("G(T {path} HTTP/1.1"),
        format!("GET\u{7f} {path} HTTP/1.1"),
        format!("{} {path} HTTP/1.1", "G".repeat(70_000)),
        format!("CONNECT {path} HTTP/1.1"),
        format!("TRACE {path} HTTP/1.1"),
        format!("OPTIONS {path} HTTP/1.1"),
        format!("POST {path} HTTP/1.1"),
        format!("GET http://auth.gk.localhost{path} HTTP/1.1"),
        format!("GET http://evil.example{path} HTTP/1.1"),
        format!("GET https://auth.gk.localhost{path} HTTP/1.1"),
        format!("GET //auth.gk.localhost{path} HTTP/1.1"),
        format!("GET {path}\0 HTTP/1.1"),
        format!("GET {path}\u{1} HTTP/1.1"),
        format!("GET {path}\u{7f} HTTP/1.1"),
        format!("GET {path}/ HTTP/1.1"),
        format!("GET /.{path} HTTP/1.1"),
        format!("GET {path}%00 HTTP/1.1"),
        format!("GET {path};x HTTP/1.1"),
        format!("GET {path}#x HTTP/1.1"),
        format!("GET {path}\\ HTTP/1.1"),
        format!("GET {}{path} HTTP/1.1", "/x".repeat(40_000)),
        "GET * HTTP/1.1".to_owned(),
        "OPTIONS * HTTP/1.1".to_owned(),
        "GET api/v1/auth/validate HTTP/1.1".to_owned(),
        "GET auth.gk.localhost HTTP/1.1".to_owned(),
        "CONNECT auth.gk.localhost:80 HTTP/1.1".to_owned(),
        "GET ? HTTP/1.1".to_owned(),
        "GET  HTTP/1.1".to_owned(),
        "GET".to_owned(),
        "HTTP/1.1 200 OK".to_owned(),
        "PRI * HTTP/2.0".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}".to_owned(),
        ":".to_owned(),
        "\0".to_owned(),
    ];
    let cookie = format!("Cookie: {cookie}");
    let whole = |line: &String| {
        (line.chars().take(60).collect(), head(line, &["Host: auth.gk.localhost", "X-GK-App: docs", &cookie]))
    };
    lines.iter().map(whole).collect()
}

fn line_ends(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8(good(cookie)).unwrap();
    let mut heads: Vec<(String, Vec<u8>)> = ["\n", "\r", "\n\r", "\r\r\n", "\u{b}", "\u{85}", "\0\n", " \n", "\r \n"]
        .iter()
        .map(|end| (format!("every line ends {end:?}"), text.replace("\r\n", end).into_bytes()))
        .collect();
    for number in 0..5 {
        for end in ["\n", "\r", "\r\r\n", "\0\r\n"] {
            heads.push((format!("line {number} ends {end:?}"), replace_nth(&text, "\r\n", number, end).into_bytes()));
        }
        for fold in ["\r\n ", "\r\n\t", "\r\n  ", "\n "] {
            if number < 4 {
                let name = format!("folded after line {number}, {fold:?}");
                heads.push((name, replace_nth(&text, "\r\n", number, &format!("{fold}folded\r\n")).into_bytes()));
            }
        }
    }
    heads
}

fn replace_nth(text: &str, what: &str, number: usize, by: &str) -> String {
    let at = text.match_indices(what).nth(number).expect("there are so many").0;
    format!("{}{by}{}", &text[..at], &text[at + what.len()..])
}

fn names_and_values(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let lines = [
        "X-Extra : x",
        "X-Extra\t: x",
        " X-Extra: x",
        ": x",
        "no colon",
        "X Extra: x",
        "X-Extr\u{e4}: x",
        "X-Extra\0: x",
        "X-Extra: \0",
        "X-Extra: a\0b",
        "X(Extra): x",
        "X-Extra\u{7f}: x",
        "\"X\": x",
        "X-Extra: \u{1}",
        "X-Extra: \u{7f}",
        "X-Extra: \u{8}",
        "X-Extra: a\rb",
        "X-Extra: a\nb",
        "X,Extra: x",
        "X/Extra: x",
        "{}: x",
        "@: x",
        "[X]: x",
        "X=Y: x",
        "X;Y: x",
        "<X>: x",
        "?: x",
        "X\\Y: x",
        "\u{feff}X: x",
        "Expect: 200-ok\0",
        "Cookie\0: x",
        "Host : b",
        "X-GK-App : wiki",
        "Cookie : x",
    ];
    let mut heads: Vec<(String, Vec<u8>)> =
        lines.iter().map(|line| (format!("{line:?}"), with(cookie, &[line]))).collect();
    for app in ["X-GK-App: wiki", "X-GK-App: docs", "x-gk-app: docs", "X-GK-App:", "X-GK-APP: Docs"] {
        heads.push((format!("two apps, {app}"), with(cookie, &[app])));
    }
    let value_of_app = [
        "Docs",
        "",
        "docs docs",
        "docs,docs",
        "do\tcs",
        "d\u{f6}cs",
        "docs\u{0}",
        "docs/",
        "-\u{0}",
        "%64ocs",
        "docs;a",
        "*",
        "../docs",
        "docs#",
        "\"docs\"",
    ];
    for value in value_of_app {
        let lines = ["Host: auth.gk.localhost", &format!("X-GK-App: {value}"), &format!("Cookie: {cookie}")];
        heads.push((format!("app {value:?}"), head(LINE, &lines)));
    }
    heads
}

fn sizes(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let big = |length: usize| "x".repeat(length);
    let mut heads = Vec::new();
    for length in [65_536, 131_072, 600_000] {
        heads.push((format!("a header of {length}"), with(cookie, &[&format!("X-Big: {}", big(length))])));
        heads.push((format!("a name of {length}"), with(cookie, &[&format!("{}: x", big(length))])));
        let app = ["Host: a", &format!("X-GK-App: {}", big(length)), &format!("Cookie: {cookie}")];
        heads.push((format!("an app of {length}"), head(LINE, &app)));
        let fat = ["Host: a", "X-GK-App: docs", &format!("Cookie: {cookie}{}", big(length))];
        heads.push((format!("a cookie of {length}"), head(LINE, &fat)));
    }
    for count in [1_000, 10_000] {
        let lines: Vec<String> = (0..count).map(|number| format!("X-{number}: x")).collect();
        heads.push((format!("{count} headers"), with(cookie, &lines.iter().map(String::as_str).collect::<Vec<_>>())));
    }
    heads
}

/// A head that ends too early, at every few bytes of the good one.
fn cut_short(cookie: &str) -> Vec<(String, Vec<u8>)> {
    let whole = good(cookie);
    (0..whole.len()).step_by(19).map(|length| (format!("cut at {length}"), whole[..length].to_vec())).collect()
}

fn noise() -> Vec<(String, Vec<u8>)> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    let random =
        (0..30).map(|number| (format!("noise {number}"), (0..(number + 1) * 20).map(|_| next()).collect::<Vec<u8>>()));
    random
        .map(|(what, mut bytes)| {
            (what, {
                bytes.extend(b"\r\n\r\n");
                bytes
            })
        })
        .collect()
}
