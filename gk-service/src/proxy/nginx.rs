//! Blocks for nginx, from the templates in `nginx/`.

use std::collections::BTreeSet;

use super::Piece;
use super::facts::{AppFacts, Place};
use super::fill::fill;
use super::options::{Options, UpstreamTls};
use crate::model::{OpenPath, Reach};

const SHARED: &str = include_str!("../../../nginx/gatekeeper.conf.template");
const AUTH_HOST: &str = include_str!("../../../nginx/auth.conf.template");
const APP: &str = include_str!("../../../nginx/app.conf.template");
const OPEN: &str = include_str!("../../../nginx/open.conf.template");
const TO_TLS: &str = include_str!("../../../nginx/to-tls.conf.template");

const NOINDEX: &str = "add_header X-Robots-Tag \"noindex, nofollow, noarchive\" always;";

pub(super) fn render(piece: &Piece, auth: &Place, options: &Options) -> String {
    match piece {
        Piece::Shared => shared(auth, options),
        Piece::AuthHost => auth_host(auth, options),
        Piece::App(facts) => facts.places.iter().map(|place| app(facts, place, auth, options)).collect(),
    }
}

fn shared(auth: &Place, options: &Options) -> String {
    let reject = if options.certificate(auth).is_some() { "ssl_reject_handshake on;" } else { "" };
    let plain = options.plain_listens(auth);
    let plain = plain.iter().map(|at| format!("listen {at} default_server;"));
    let listen = lines(std::iter::once(listens(auth, options, " default_server")).chain(plain));
    // Never taken for down: that a socket refuses is known at once, and with all of them down none would be asked again.
    let validate = lines(options.validate.iter().map(|address| format!("server {address} max_fails=0;")));
    let values =
        [("validate", validate.as_str()), ("admin", options.admin.as_str()), ("listen", &listen), ("tls", reject)];
    fill(SHARED, &values)
}

fn auth_host(auth: &Place, options: &Options) -> String {
    let (listen, tls) = (listens(auth, options, ""), certificate(auth, options));
    let values = [
        ("listen", listen.as_str()),
        ("tls", &tls),
        ("auth_host", auth.host().as_str()),
        ("auth_authority", auth.origin().authority()),
    ];
    fill(AUTH_HOST, &values) + &to_tls(auth, options)
}

fn app(facts: &AppFacts, place: &Place, auth: &Place, options: &Options) -> String {
    let (listen, tls) = (listens(place, options, ""), certificate(place, options));
    let upstream_tls = if options.upstream.speaks_tls() { upstream_tls(options) } else { String::new() };
    let (mark, open_paths) = (facts.mark.to_string(), open_paths(facts, options));
    let values = [
        ("listen", listen.as_str()),
        ("tls", &tls),
        ("app_host", place.host().as_str()),
        ("app_authority", place.origin().authority()),
        ("app_url", place.origin().as_str()),
        ("auth_host", auth.host().as_str()),
        ("auth_url", auth.origin().as_str()),
        ("slug", facts.slug.as_str()),
        ("block", &mark),
        ("upstream", options.upstream.as_str()),
        ("upstream_tls", &upstream_tls),
        ("noindex", if facts.noindex { NOINDEX } else { "" }),
        ("open_paths", &open_paths),
    ];
    fill(APP, &values) + &to_tls(place, options)
}

/// Directives one below the other.
fn lines(directives: impl Iterator<Item = String>) -> String {
    directives.collect::<Vec<_>>().join("\n")
}

/// The lines that say where a server listens.
fn listens(place: &Place, options: &Options, more: &str) -> String {
    let ssl = if options.certificate(place).is_some() { " ssl" } else { "" };
    lines(options.listens(place).iter().map(|at| format!("listen {at}{ssl}{more};")))
}

fn certificate(place: &Place, options: &Options) -> String {
    let lines = |(certificate, key)| format!("ssl_certificate {certificate};\nssl_certificate_key {key};");
    options.certificate(place).map(lines).unwrap_or_default()
}

/// The server that leads from http to https, where there is one.
fn to_tls(place: &Place, options: &Options) -> String {
    let at = options.plain_listens(place);
    if at.is_empty() {
        return String::new();
    }
    let listen = lines(at.iter().map(|at| format!("listen {at};")));
    fill(TO_TLS, &[("listen", &listen), ("host", place.host().as_str()), ("url", place.origin().as_str())])
}

/// How nginx makes sure that it is the app that answers. Without these lines it takes any certificate.
fn upstream_tls(options: &Options) -> String {
    let (check, name) = match &options.upstream_tls {
        UpstreamTls::Verified { authority, name } => {
            let lines = format!(
                "proxy_ssl_verify on;\nproxy_ssl_verify_depth 5;\nproxy_ssl_trusted_certificate {authority};\n"
            );
            (lines, name)
        }
        UpstreamTls::Unverified { name } => {
            ("proxy_ssl_verify off;    # whoever answers there is believed\n".to_owned(), name)
        }
    };
    let name = name.as_ref().map_or_else(|| options.upstream.host(), |name| name.as_str());
    format!("proxy_ssl_server_name on;\nproxy_ssl_name {name};\n{check}")
}

/// A location for each open path.
fn open_paths(facts: &AppFacts, options: &Options) -> String {
    let open = facts.open_paths.iter().map(|open| format!("\n{}", open_path(open, options)));
    open.chain(beside(&facts.open_paths, options)).collect::<Vec<_>>().concat()
}

fn open_path(open: &OpenPath, options: &Options) -> String {
    let location = match open.reach() {
        Reach::Exact(path) => format!("= {path}"),
        Reach::Below(path) => format!("^~ {path}"),
    };
    let (whom, access) = if open.networks().is_empty() {
        ("everybody", "auth_request off;".to_owned())
    } else {
        let allowed = lines(open.networks().iter().map(|network| format!("allow {network};")));
        ("some networks", format!("satisfy any;\n{allowed}\ndeny all;"))
    };
    let upstream = options.upstream.as_str();
    let values = [("whom", whom), ("location", &location), ("access", &access), ("upstream", upstream)];
    fill(OPEN, &values)
}

/// Where there is `/static/`, nginx itself would answer `/static`, before any check, unless it has a location of its own.
fn beside(open: &[OpenPath], options: &Options) -> Option<String> {
    let bare = open.iter().filter_map(|open| open.path().trim_end_matches('*').strip_suffix('/'));
    let shut = bare.filter(|bare| open.iter().all(|open| open.path() != *bare)).collect::<BTreeSet<_>>();
    let location = |path: &&str| format!("location = {path} {{ proxy_pass {}; }}", options.upstream);
    let text = lines(shut.iter().map(location));
    (!shut.is_empty())
        .then(|| format!("\n# Without these nginx would answer, and lead to the same with a slash.\n{text}\n"))
}
