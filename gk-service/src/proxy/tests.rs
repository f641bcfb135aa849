//! What lands in the text, and what cannot.

use gk_shared::model::{AppId, Slug};
use gk_shared::time::Timestamp;
use sha2::{Digest, Sha256};

use super::*;
use crate::model::{App, OpenPath, Origin, RoleList};

/// What each version makes of an app with everything, and what it shares with others: the first bytes of their digest.
const VERSIONS: &[(u16, &str)] = &[(1, "491669f3cd5f7d5d"), (2, "4ecfafc5d76a5a7b")];

/// Each ends a directive, begins a block, a string, a variable, a comment or a line.
const BREAKS: &[&str] =
    &[";", "{", "}", "\"", "'", "$", "#", "\\", " ", "\t", "\n", "\r", "\0", "(", ")", "|", "`", "<", "\u{e9}"];

fn app(origins: &[&str]) -> App {
    App {
        id: AppId(1),
        slug: Slug::parse("docs").unwrap(),
        name: "Docs\"; } evil { # ${{upstream}}".into(),
        description: "}\nevil".into(),
        origins: origins.iter().map(|text| Origin::parse(text).unwrap()).collect(),
        roles: Vec::new(),
        role_list: RoleList::Open,
        admin_roles: Vec::new(),
        noindex: false,
        callbacks: Vec::new(),
        open_paths: Vec::new(),
        listed: false,
        seen_block: None,
        groups_header: false,
        stale_ok: false,
        contact: "; evil".into(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn auth() -> Place {
    Place::of(&Origin::parse("https://auth.example.com").unwrap()).unwrap()
}

fn options() -> Options {
    Options::usual(Options::some_upstream())
}

/// An app of which every part of a block has something to say.
fn with_everything() -> App {
    let open = ["/health", "/static/*", "/metrics=10.0.0.0/8,fd00::/8"];
    App {
        noindex: true,
        open_paths: open.map(|text| OpenPath::parse(text).unwrap()).to_vec(),
        ..app(&["https://docs.example.com", "http://docs.gk.localhost:8080"])
    }
}

fn secured() -> Options {
    Options { upstream: Upstream::parse("https://app.internal:8443").unwrap(), ..options() }
}

fn block(app: &App, options: &Options) -> String {
    Proxy::Nginx.render(&Piece::App(AppFacts::of(app, &auth()).unwrap()), &auth(), options).unwrap()
}

/// What other proxies have, of an app without what they cannot say.
fn others() -> String {
    let app = App { open_paths: Vec::new(), noindex: true, ..app(&["https://docs.example.com"]) };
    let block = |proxy: Proxy| proxy.render(&Piece::App(AppFacts::of(&app, &auth()).unwrap()), &auth(), &options());
    let shared =
        [Proxy::Haproxy, Proxy::Apache, Proxy::Traefik].map(|proxy| proxy.render(&Piece::Shared, &auth(), &options()));
    let blocks = [Proxy::Caddy, Proxy::Haproxy, Proxy::Apache, Proxy::Traefik].map(block);
    blocks.into_iter().chain(shared).map(Result::unwrap).collect()
}

#[test]
fn a_changed_template_has_a_version_of_its_own() {
    let auth = auth();
    let whole = Piece::App(AppFacts::of(&with_everything(), &auth).unwrap());
    let nginx = [Piece::Shared, whole].map(|piece| Proxy::Nginx.render(&piece, &auth, &secured()).unwrap());
    let text = nginx.concat() + &others();
    let digest = Sha256::digest(text);
    let digest = digest.first_chunk().map(|bytes| format!("{:016x}", u64::from_be_bytes(*bytes))).unwrap();
    let last = VERSIONS.last().unwrap();
    assert_eq!(
        (TEMPLATE_VERSION, digest.as_str()),
        *last,
        "the block has changed: raise TEMPLATE_VERSION and append its digest here"
    );
    let ascending = VERSIONS.iter().zip(1..).all(|((version, _), number)| *version == number);
    let different =
        VERSIONS.iter().all(|(version, one)| VERSIONS.iter().all(|(other, two)| version == other || one != two));
    assert!(ascending && different, "{VERSIONS:?}");
}

#[test]
fn every_name_in_every_template_has_a_value() {
    let app = Piece::App(AppFacts::of(&with_everything(), &auth()).unwrap());
    for piece in [Piece::Shared, Piece::AuthHost, app] {
        let text = Proxy::Nginx.render(&piece, &auth(), &secured()).unwrap();
        assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
    }
}

/// Where gk-validate has no decision log it takes these off the end of a question, which is faster than to parse them.
#[test]
fn what_only_the_decision_log_reads_is_sent_last() {
    let text = block(&app(&["https://docs.example.com"]), &options());
    let (_, question) = text.split_once("location = /_gk/validate {").unwrap();
    let (question, _) = question.split_once("\n    }").unwrap();
    let sent = question.lines().filter_map(|line| line.trim().strip_prefix("proxy_set_header "));
    let names = sent.filter_map(|header| header.split(' ').next()).collect::<Vec<_>>();
    assert!(names.len() > 6 && names.ends_with(&["X-Original-URI", "X-Original-Method"]), "{names:?}");
}

#[test]
fn nothing_an_app_or_an_operator_says_breaks_out() {
    for odd in BREAKS {
        for text in [format!("do{odd}cs"), format!("docs{odd}"), format!("{odd}docs")] {
            assert!(Slug::parse(&text).is_err(), "{text:?}");
            assert!(HostName::parse(&text).is_err(), "{text:?}");
            assert!(Upstream::parse(&format!("http://{text}")).is_err(), "{text:?}");
            assert!(Upstream::parse(&format!("http://{text}:80")).is_err(), "{text:?}");
            assert!(Upstream::parse(&format!("http://unix:/run/{text}")).is_err(), "{text:?}");
            assert!(Listen::parse(&format!("{text}:80")).is_err(), "{text:?}");
            assert!(Listen::parse(&format!("80{odd}")).is_err(), "{text:?}");
            assert!(ServerAddress::parse(&format!("unix:/run/{text}")).is_err(), "{text:?}");
            assert!(ServerAddress::parse(&format!("{text}:80")).is_err(), "{text:?}");
            assert!(FilePath::parse(&format!("/etc/{text}.pem")).is_err(), "{text:?}");
            assert!(FilePath::parse_pair(&format!("/etc/a.pem,/etc/{text}.key")).is_err(), "{text:?}");
            assert!(OpenPath::parse(&format!("/{text}")).is_err(), "{text:?}");
            assert!(OpenPath::parse(&format!("/docs=10.0.0.0/8{odd}")).is_err(), "{text:?}");
        }
        // A URL's host may hold some of them, an app's place none.
        let origin = Origin::parse(&format!("https://do{odd}cs.example.com"));
        assert!(origin.is_err() || Place::of(&origin.unwrap()).is_err(), "{odd:?}");
    }
    assert!(Origin::parse("https://do;cs{}.example.com").is_ok_and(|origin| Place::of(&origin).is_err()));
    let text = block(&app(&["https://docs.example.com"]), &options());
    assert!(!text.contains("evil") && text.contains("proxy_pass http://127.0.0.1:3000;"), "{text}");
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        "http://",
        "127.0.0.1:3000",
        "ftp://a",
        "http://a/path",
        "http://a:b",
        "http://a:0",
        "http://a:65536",
        "http://a:",
        "http://a@b",
        "http://a?x",
        "http://unix:",
        "http://unix:/run/a.sock:",
        "http://unix:/run/a.sock:/path",
        "http://[::1",
        "http://[x]",
        "HTTP://a",
    ] {
        assert_eq!(Upstream::parse(text), Err(BadProxyValue::Upstream), "{text}");
    }
    for (text, host) in [
        ("http://127.0.0.1:3000", "127.0.0.1"),
        ("https://app.internal", "app.internal"),
        ("https://app_1.internal:8443", "app_1.internal"),
        ("http://[::1]:3000", "[::1]"),
        ("https://unix:/run/a.sock", "localhost"),
    ] {
        let upstream = Upstream::parse(text).unwrap();
        assert_eq!((upstream.as_str(), upstream.host()), (text, host));
    }
    assert_eq!(Upstream::parse("http://127.0.0.1:3000/").unwrap().as_str(), "http://127.0.0.1:3000");
    for text in ["", "0", "99999", "https", "a:b", "[::]", "443 ssl", ":80"] {
        assert_eq!(Listen::parse(text), Err(BadProxyValue::Listen), "{text}");
    }
    for text in ["80", "*:80", "127.0.0.1:8080", "[::]:443", "unix:/run/front.sock"] {
        assert!(Listen::parse(text).is_ok(), "{text}");
    }
    assert!(FilePath::parse("etc/a.pem").is_err() && FilePath::parse("/").is_err());
}

#[test]
fn a_place_over_https_has_its_certificate_and_a_way_to_it_from_http() {
    let both = app(&["https://docs.example.com", "https://manual.example.com:8443"]);
    let text = block(&both, &options());
    for line in [
        "    listen 443 ssl;",
        "    listen [::]:443 ssl;",
        "    ssl_certificate /etc/letsencrypt/live/docs.example.com/fullchain.pem;",
        "    ssl_certificate_key /etc/letsencrypt/live/docs.example.com/privkey.pem;",
        "    listen 80;",
        "    return 301 https://docs.example.com$request_uri;",
        "    listen 8443 ssl;",
        "    server_name manual.example.com;",
        "    return 301 https://manual.example.com:8443$request_uri;",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    let (certificate, key) = FilePath::parse_pair("/etc/ssl/docs.pem,/etc/ssl/docs.key").unwrap();
    let listen = vec![Listen::parse("127.0.0.1:9443").unwrap()];
    let own = block(&both, &Options { tls: Tls::Files { certificate, key }, listen, ..options() });
    assert!(own.contains("listen 127.0.0.1:9443 ssl;\n    ssl_certificate /etc/ssl/docs.pem;\n"), "{own}");
    assert!(!own.contains("return 301") && !own.contains("letsencrypt"), "{own}");
    let elsewhere = block(&both, &Options { tls: Tls::Elsewhere, ..options() });
    assert!(
        elsewhere.contains("    listen 80;\n") && !elsewhere.contains("ssl_cert") && !elsewhere.contains("443 ssl")
    );
}

#[test]
fn the_mark_follows_what_the_block_says_and_nothing_else() {
    let old = app(&["https://docs.example.com"]);
    let of = |app: &App| mark::of(app, "https://auth.example.com");
    let text = block(&old, &options());
    assert!(text.contains(&format!("        proxy_set_header X-GK-Block {};", of(&old))), "{text}");
    for same in [
        App { name: "Other".into(), contact: "x".into(), ..old.clone() },
        App { groups_header: true, listed: true, ..old.clone() },
    ] {
        assert_eq!(of(&same), of(&old));
    }
    let open = |text: &str| vec![OpenPath::parse(text).unwrap()];
    let others = [
        App { slug: Slug::parse("doc").unwrap(), ..old.clone() },
        App { noindex: true, ..old.clone() },
        App { origins: app(&["https://docs.example.com", "https://b.example.com"]).origins, ..old.clone() },
        App { open_paths: open("/a"), ..old.clone() },
        App { open_paths: open("/a/*"), ..old.clone() },
        App { open_paths: open("/a=10.0.0.0/8"), ..old.clone() },
    ];
    let mut marks = others.iter().map(of).collect::<Vec<_>>();
    marks.extend([of(&old), mark::of(&old, "https://auth.example.org")]);
    let different = marks.iter().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(different.len(), marks.len(), "{marks:?}");
    assert!(marks.iter().all(|mark| mark.version == TEMPLATE_VERSION));
}

#[test]
fn an_app_that_is_reached_over_tls_is_recognised_unless_one_says_otherwise() {
    let docs = app(&["https://docs.example.com"]);
    let upstream = Upstream::parse("https://app.internal:8443").unwrap();
    let verified = block(&docs, &Options { upstream: upstream.clone(), ..options() });
    for line in [
        "proxy_ssl_server_name on;",
        "proxy_ssl_name app.internal;",
        "proxy_ssl_verify on;",
        "proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;",
    ] {
        assert!(verified.contains(&format!("    {line}\n")), "{line}: {verified}");
    }
    let name = Some(HostName::parse("docs.internal").unwrap());
    let believed = block(&docs, &Options { upstream, upstream_tls: UpstreamTls::Unverified { name }, ..options() });
    assert!(believed.contains("proxy_ssl_verify off;") && believed.contains("proxy_ssl_name docs.internal;"));
    assert!(!block(&docs, &options()).contains("proxy_ssl"));
}
