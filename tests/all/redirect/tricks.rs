//! The tricks: every known way to write an address that one reader takes for ours and another for somebody else's.

/// Every trick once, sorted, given two of our own authorities (`docs.gk.localhost:8080`).
pub(super) fn all(app: &str, auth: &str) -> Vec<String> {
    let mut tricks = slashes();
    tricks.extend(userinfo(app));
    tricks.extend(look_alikes(app, auth));
    tricks.extend(schemes(app));
    tricks.extend(hidden_characters(app));
    tricks.extend(ports_and_numbers());
    tricks.extend(odds(app));
    let encoded: Vec<String> = tricks.iter().map(|trick| percent(trick)).collect();
    tricks.extend(encoded);
    tricks.sort();
    tricks.dedup();
    tricks
}

const EVIL: &str = "evil.example";

/// Nothing, or something before the host that some readers skip.
fn slashes() -> Vec<String> {
    let starts = [
        "//",
        "///",
        "////",
        "/\\",
        "\\/",
        "\\\\",
        "\\\\\\",
        "/\\/",
        "//\\",
        "\\",
        "/\t/",
        "/%09/",
        "/%5c",
        "%5c%5c",
        "/%2f",
        "%2f%2f",
        "/./",
        "/.//",
        "//./",
        "/..//",
        "/x/..//",
        "/%2e%2e//",
        "/;//",
        "http:",
        "http:/",
        "http:///",
        "http:\\",
        "http:\\\\",
        "http:/\\",
        "https:",
        "https:/",
        "https:///",
        "https:\\\\",
        "https:/\\/",
        "HtTp://",
        "hTTPS:",
        "//\u{200b}",
        "/\u{2044}",
        "\u{ff0f}\u{ff0f}",
        "\u{2215}\u{2215}",
        "/\u{ff3c}",
        ".",
        "..",
        "@",
        "?",
        "#",
        ":",
        ":/",
        "://",
        ":80//",
    ];
    starts.iter().flat_map(|start| [format!("{start}{EVIL}"), format!("{start}{EVIL}/%2e%2e")]).collect()
}

fn userinfo(app: &str) -> Vec<String> {
    let mut tricks = Vec::new();
    for before in [app, "docs.gk.localhost", "auth.gk.localhost", "user:pass", "gk.localhost%40x", "%00"] {
        for between in ["@", ":x@", "%40", ":80@", "@@", "\\@", "#@", "?@", "/@", "%2f@", ";@", "&@", "\u{ff20}"] {
            tricks.push(format!("http://{before}{between}{EVIL}/"));
        }
    }
    for between in ["\\@", "#@", "?@", "/@", "%23@", "%3f@", "%5c@", "[@", "]@"] {
        tricks.push(format!("http://{EVIL}{between}{app}/"));
        tricks.push(format!("//{EVIL}{between}{app}/"));
    }
    tricks
}

fn look_alikes(app: &str, auth: &str) -> Vec<String> {
    let hosts = [
        "evilgk.localhost",
        "xgk.localhost",
        "gk.localhost.evil.example",
        "docs.gk.localhost.evil.example",
        "gk-localhost.evil.example",
        "docs-gk.localhost",
        "gk.localhost-evil.example",
        "gk.localhos",
        "gk.localhostt",
        "k.localhost",
        "localhost",
        "docs.gk",
        "docsgk.localhost",
        "gk\u{3002}localhost",
        "gk\u{ff0e}localhost",
        "gk\u{ff61}localhost",
        "docs.g\u{212a}.localhost",
        "docs.gk.\u{2113}ocalhost",
        "docs.gk.loca\u{13cb}host",
        "docs.gk.loc\u{430}lhost",
        "xn--docs-gk-localhost",
        "docs.xn--gk-.localhost",
        "d\u{f6}cs.example",
        "xn--dcs-sna.example",
        "docs.gk.localhost%00.evil.example",
        "docs.gk.localhost%2eevil.example",
        "docs.gk.localhost%252eevil.example",
        "docs.gk.localhost%2f.evil.example",
        "evil.example%23.gk.localhost",
        "evil.example%3f.gk.localhost",
        "evil.example%5c.gk.localhost",
        "evil.example%2f.gk.localhost",
        "evil.example#.gk.localhost",
        "evil.example?.gk.localhost",
        "evil.example\\.gk.localhost",
        "evil.example/.gk.localhost",
        "evil.example;.gk.localhost",
        "evil.example&.gk.localhost",
        "evil.example,.gk.localhost",
        "evil.example`.gk.localhost",
        "evil.example%0d.gk.localhost",
        "evil.example%09.gk.localhost",
        "evil.example%20.gk.localhost",
        "evil.example\u{ff0f}.gk.localhost",
        "evil.example\u{2100}.gk.localhost",
        "evil.example\u{ff03}.gk.localhost",
        ".evil.example",
        "evil.example.",
        "*.evil.example",
        "(docs.gk.localhost).evil.example",
        "docs.gk.localhost_.evil.example",
        "docs.gk.localhost\u{ad}.evil.example",
    ];
    let mut tricks: Vec<String> = hosts.iter().map(|host| format!("http://{host}/")).collect();
    tricks.extend(hosts.iter().map(|host| format!("//{host}")));
    tricks.extend([app, auth].map(|own| format!("http://{own}.{EVIL}/")));
    tricks.extend([app, auth].map(|own| format!("http://{EVIL}/{own}")));
    tricks
}

fn schemes(app: &str) -> Vec<String> {
    let names = [
        "javascript",
        "JaVaScRiPt",
        "java%0ascript",
        "java\tscript",
        "data",
        "vbscript",
        "file",
        "ftp",
        "ws",
        "wss",
        "blob",
        "about",
        "mailto",
        "view-source",
        "intent",
        "chrome",
    ];
    let rests = [
        ":alert(document.domain)".to_owned(),
        "://alert(1)".to_owned(),
        format!("://{app}/%0aalert(1)"),
        format!(":text/html,<script src=//{EVIL}>"),
    ];
    let tails = |name: &&str| rests.iter().map(|rest| format!("{name}{rest}")).collect::<Vec<_>>();
    names.iter().flat_map(tails).collect()
}

/// Characters that are dropped, trimmed or split at somewhere on the way.
fn hidden_characters(app: &str) -> Vec<String> {
    let characters = [
        "\t", "\n", "\r", "\0", "\u{b}", "\u{c}", " ", "\u{1}", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{200b}",
        "\u{feff}", "%0d%0a", "%00", "%09", "%20", "%0a", "\u{ff}",
    ];
    let mut tricks = Vec::new();
    for hidden in characters {
        tricks.push(format!("{hidden}//{EVIL}"));
        tricks.push(format!("/{hidden}/{EVIL}"));
        tricks.push(format!("http:{hidden}//{EVIL}"));
        tricks.push(format!("ht{hidden}tp://{EVIL}"));
        tricks.push(format!("http://{app}{hidden}.{EVIL}"));
        tricks.push(format!("http://{app}{hidden}@{EVIL}"));
        tricks.push(format!("http://{EVIL}{hidden}.gk.localhost"));
        tricks.push(format!("java{hidden}script:alert(1)"));
    }
    for cut in ["\r\n", "\n", "%0d%0a", "%0a", "%E5%98%8A%E5%98%8D", "\u{560a}\u{560d}"] {
        tricks.push(format!("http://{app}/{cut}X-Injected: yes"));
        tricks.push(format!("/{cut}Set-Cookie: injected=1"));
        tricks.push(format!("/{cut}Location: http://{EVIL}"));
    }
    tricks
}

fn ports_and_numbers() -> Vec<String> {
    let authorities = [
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::1]",
        "[::1]:8080",
        "[::ffff:127.0.0.1]",
        "0",
        "[::]",
        "169.254.169.254",
        "localhost:8080",
        "evil.example:80",
        "evil.example:443",
        "evil.example:99999",
        "docs.gk.localhost:x@evil.example",
        "docs.gk.localhost:80:80@evil.example",
        ":80",
        ":@",
        "",
        "[evil.example]",
        "[docs.gk.localhost]@evil.example",
        "docs.gk.localhost:8080@evil.example:8080",
        "1.1.1.1",
        "0x01010101",
        "16843009",
        "\u{ff11}.1.1.1",
    ];
    authorities
        .iter()
        .flat_map(|authority| {
            [format!("http://{authority}/"), format!("https://{authority}"), format!("//{authority}/x")]
        })
        .collect()
}

fn odds(app: &str) -> Vec<String> {
    let mut tricks: Vec<String> = [
        "",
        "/signin",
        "/signin?redirect=//evil.example",
        "/signout?redirect=//evil.example",
        "null",
        "undefined",
        "0",
        "[object Object]",
        "%",
        "%%",
        "%2",
        "%zz//evil.example",
        "{{7*7}}",
        "${jndi:ldap://evil.example}",
        "<script>",
        "\"><script>alert(1)</script>",
        "'-alert(1)-'",
        "/redirect?to=http://evil.example",
        "http://",
        "https://",
        "http:",
        "http:evil.example",
        "evil.example",
        "www.evil.example/docs.gk.localhost",
        "/a:b@evil.example",
        "a:b",
        "/..;/evil.example",
    ]
    .map(str::to_owned)
    .to_vec();
    tricks.push(format!("http://{app}&redirect=http://{EVIL}"));
    tricks.push(format!("http://{EVIL}&redirect=http://{app}"));
    tricks.push(format!("http://{app},http://{EVIL}"));
    tricks.push(format!("http://{app} http://{EVIL}"));
    tricks.push(format!("http://{EVIL}/http://{app}"));
    tricks.push(format!("//{EVIL}/{}", "a".repeat(5_000)));
    tricks.push(format!("http://{}.gk.localhost@{EVIL}/", "a".repeat(3_000)));
    tricks
}

/// As a form or a careful client would send it: everything but letters and digits as `%XX`.
fn percent(trick: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    trick.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }).collect()
}
