//! Seeded faults: the shipped templates with one line taken out, changed, added or moved, and what has to be found where.

use std::process::Command;

use super::super::finding::Outcome;
use super::super::nginx::Config;
use super::trial::{Trial, facts};

/// A file, a piece of its line that is at fault, and what is done with it; the check that finds it, and a piece of the
/// line it names.
struct Fault(&'static str, &'static str, Done, &'static str, &'static str);

enum Done {
    Removed,
    /// The whole line becomes this.
    Changed(&'static str),
    /// This comes behind the line.
    Followed(&'static str),
    /// The line goes behind this one.
    Moved(&'static str),
}

use Done::{Changed, Followed, Moved, Removed};

const D: &str = "docs.conf";
const G: &str = "gatekeeper.conf";
const A: &str = "auth.conf";
const CHECK: &str = "location = /_gk/validate";
const HEADERS: &str = "proxy_set_header Host docs";
const PAGES: &str = "    location / {";
/// The line of the block's mark, whatever version it has.
const MARKED: &str = "by which the console knows an old block";

const FAULTS: &[Fault] = &[
    Fault(D, "    auth_request /_gk/validate;", Removed, "unchecked-location", PAGES),
    Fault(D, "    auth_request /_gk/validate;", Changed("auth_request off;"), "unchecked-location", PAGES),
    Fault(D, "    auth_request /_gk/validate;", Changed("auth_request /_gk/valid;"), "another-check", "/_gk/valid;"),
    Fault(D, PAGES, Followed("auth_request off;"), "unchecked-location", "auth_request off;"),
    Fault(
        D,
        "location = /logout",
        Changed("location /x { auth_request off; root /x; } location = /logout {"),
        "unchecked-location",
        "location /x",
    ),
    Fault(D, PAGES, Followed("return 200 hello;"), "answer-before-check", "return 200 hello"),
    Fault(D, PAGES, Followed("if ($arg_x) { return 200 hello; }"), "answer-before-check", "return 200 hello"),
    Fault(D, "server_name docs", Followed("return 200 hello;"), "answer-before-check", "return 200 hello"),
    Fault(
        D,
        PAGES,
        Followed("rewrite ^/old(.*) https://docs.example.com/new$1 redirect;"),
        "answer-before-check",
        "rewrite ^/old",
    ),
    Fault(D, PAGES, Followed("satisfy any; allow 10.0.0.0/8; deny all;"), "satisfy-any", "satisfy any"),
    Fault(
        "wiki.conf",
        "location = /health",
        Changed("    location /health {"),
        "unchecked-location",
        "auth_request off;",
    ),
    Fault(
        "wiki.conf",
        "location ^~ /static/",
        Changed("    location ^~ /s {"),
        "unchecked-location",
        "location ^~ /s {\n        auth_request off;",
    ),
    Fault("wiki.conf", "allow 10.0.0.0/8;", Changed("allow all;"), "satisfy-any", "satisfy any"),
    Fault("wiki.conf", "deny all;", Removed, "satisfy-any", "satisfy any"),
    Fault(D, "        internal;", Removed, "check-not-internal", CHECK),
    Fault(
        D,
        "        # if ($gk_preflight)",
        Changed("if ($request_method = OPTIONS) { return 204; }"),
        "check-answers-itself",
        "return 204",
    ),
    Fault(
        D,
        "/api/v1/auth/validate;",
        Changed("proxy_pass http://gatekeeper_validate;"),
        "check-path",
        "proxy_pass http://gatekeeper_validate;",
    ),
    Fault(
        D,
        "/api/v1/auth/validate;",
        Changed("proxy_pass http://gatekeeper_admin/api/v1/auth/validate;"),
        "check-asks-admin",
        "gatekeeper_admin",
    ),
    Fault(
        D,
        "/api/v1/auth/validate;",
        Changed("proxy_pass http://127.0.0.1:5101/api/v1/auth/validate;"),
        "connections-not-kept",
        ":5101",
    ),
    Fault(D, "proxy_pass_request_headers off;", Removed, "check-request-headers", CHECK),
    Fault(D, "proxy_pass_request_body off;", Removed, "check-request-body", CHECK),
    Fault(D, "Content-Length \"\"", Removed, "check-content-length", CHECK),
    Fault(D, CHECK, Followed("client_max_body_size 1m;"), "check-body-size", "client_max_body_size 1m"),
    Fault(D, "client_max_body_size 0", Moved(PAGES), "check-body-size", CHECK),
    Fault(D, "proxy_set_header Cookie $http_cookie", Removed, "check-cookie", CHECK),
    Fault(D, "Authorization $http_authorization", Removed, "check-key", CHECK),
    Fault(D, "proxy_set_header Host auth", Changed("proxy_set_header Host $host;"), "check-host", "Host $host"),
    Fault(D, "proxy_set_header Connection \"\"", Removed, "connections-not-kept", CHECK),
    Fault(
        D,
        "        proxy_http_version 1.1;",
        Changed("proxy_http_version 1.0;"),
        "connections-not-kept",
        "proxy_http_version 1.0",
    ),
    Fault(G, "keepalive 32;", Removed, "connections-not-kept", "upstream gatekeeper_validate"),
    Fault(D, "proxy_connect_timeout", Removed, "check-patience", CHECK),
    Fault(D, "proxy_cache off;", Changed("proxy_cache pages;"), "check-cached", "proxy_cache pages"),
    Fault(D, PAGES, Followed("proxy_cache pages;"), "page-cached", "proxy_cache pages"),
    Fault(D, "proxy_set_header X-GK-App docs", Removed, "app-missing", CHECK),
    Fault(
        D,
        "proxy_set_header X-GK-App docs",
        Changed("proxy_set_header X-GK-App $http_x_gk_app;"),
        "app-not-literal",
        "$http_x_gk_app",
    ),
    Fault(D, "proxy_set_header X-GK-App docs", Changed("proxy_set_header X-GK-App dosc;"), "app-unregistered", "dosc"),
    Fault(
        D,
        "proxy_set_header X-GK-App docs",
        Changed("proxy_set_header X-GK-App wiki;"),
        "app-of-another-host",
        "X-GK-App wiki",
    ),
    Fault(D, "auth_request_set $gk_user", Removed, "identity-not-ours", "X-Auth-User $gk_user"),
    Fault(
        D,
        "X-Auth-User $gk_user",
        Changed("proxy_set_header X-Auth-User $http_x_auth_user;"),
        "identity-not-ours",
        "$http_x_auth_user",
    ),
    Fault(D, "X-Auth-Role $gk_role", Removed, "identity-forged", HEADERS),
    Fault(D, "X-Real-IP $remote_addr", Moved(PAGES), "headers-replaced", "X-Real-IP $remote_addr"),
    Fault(D, PAGES, Followed("proxy_set_header X-Mine yes;"), "headers-replaced", "X-Mine"),
    Fault(D, "Remote-User \"\"", Removed, "identity-of-others", HEADERS),
    Fault(D, "X-Real-IP $remote_addr", Changed("proxy_set_header X-Path $uri;"), "header-injection", "X-Path"),
    Fault(
        D,
        "proxy_pass http://127.0.0.1:3000",
        Changed("fastcgi_pass 127.0.0.1:9000;"),
        "identity-forged",
        "fastcgi_pass",
    ),
    Fault(
        D,
        "underscores_in_headers",
        Changed("underscores_in_headers on;"),
        "underscores",
        "underscores_in_headers on",
    ),
    Fault(
        G,
        "underscores_in_headers",
        Changed("underscores_in_headers on;"),
        "underscores",
        "underscores_in_headers on",
    ),
    Fault(D, "Cookie $gk_cookie", Removed, "cookie-reaches-app", HEADERS),
    Fault(
        D,
        "Cookie $gk_cookie",
        Changed("proxy_set_header Cookie $http_cookie;"),
        "cookie-reaches-app",
        "Cookie $http_cookie",
    ),
    Fault(D, "Authorization $gk_auth", Removed, "key-reaches-app", HEADERS),
    Fault(D, "X-GK-Token \"\"", Removed, "key-reaches-app", HEADERS),
    Fault(D, "Upgrade $gk_upgrade", Changed("proxy_set_header Upgrade $http_upgrade;"), "upgrade-any", "$http_upgrade"),
    Fault(
        D,
        "X-Forwarded-For",
        Changed("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
        "address-claimed",
        "$proxy_add",
    ),
    Fault(
        A,
        "X-Forwarded-For",
        Changed("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
        "address-claimed",
        "$proxy_add",
    ),
    Fault(
        D,
        "proxy_intercept_errors",
        Changed("proxy_intercept_errors on;"),
        "errors-intercepted",
        "proxy_intercept_errors on",
    ),
    Fault(D, "error_page 401", Removed, "error-page-missing", "error_page 403"),
    Fault(D, "error_page 403", Moved(PAGES), "error-page-missing", "error_page 403"),
    Fault(D, "error_page 500", Changed("error_page 500 @gk_unavailable;"), "unavailable-as-500", "error_page 500 @"),
    Fault(D, "error_page 401", Changed("error_page 401 =200 @gk_signin;"), "refusal-as-success", "=200"),
    Fault(D, "error_page 401", Changed("error_page 401 = @gk_sign;"), "error-page-nowhere", "@gk_sign;"),
    Fault(
        D,
        "/signin?redirect=https://docs.example.com$request_uri",
        Changed("return 302 https://auth.example.com/signin?redirect=https://$host$request_uri;"),
        "redirect-host",
        "$host$request_uri",
    ),
    Fault(
        D,
        "/signin?redirect=https://docs.example.com$request_uri",
        Changed("return 302 https://auth.example.com/signin?redirect=https://docs.example.com$uri;"),
        "redirect-decoded",
        "docs.example.com$uri",
    ),
    Fault(
        D,
        "/request-access?app=docs&redirect=https://docs.example.com$request_uri",
        Changed(
            "return 302 https://auth.example.com/request-access?redirect=https://docs.example.com$request_uri&app=docs;",
        ),
        "redirect-not-last",
        "&app=docs",
    ),
    Fault(D, "add_header Cache-Control $gk_cache", Removed, "page-kept-by-browser", "proxy_pass http://127.0.0.1:3000"),
    Fault(D, PAGES, Followed("add_header X-Mine yes;"), "page-kept-by-browser", "X-Mine"),
    Fault("wiki.conf", "    add_header X-Robots-Tag", Removed, "search-engines", "add_header Cache-Control"),
    Fault(D, "proxy_read_timeout 300s", Changed("proxy_read_timeout 1d;"), "websocket-outlives", "1d"),
    Fault(D, "server_name", Changed("server_name ~^(docs|wiki)\\.example\\.com$;"), "server-name-loose", "server_name"),
    Fault(D, "server_name", Changed("server_name docs.example.org;"), "host-unregistered", "server_name"),
    Fault(D, MARKED, Changed("proxy_set_header X-GK-Block 1-00000000;"), "block-outdated", "X-GK-Block 1-"),
    Fault(D, MARKED, Removed, "block-unmarked", CHECK),
];

fn seeded(Fault(file, line, done, ..): &Fault) -> Trial {
    let mut trial = Trial::new();
    let whole =
        trial.text(file).lines().find(|one| one.contains(line)).unwrap_or_else(|| panic!("no {line}")).to_owned();
    match done {
        Removed => trial.change(file, line, ""),
        Changed(new) => trial.change(file, line, new),
        Followed(new) => trial.change(file, line, &format!("{whole}\n{new}")),
        Moved(behind) => {
            let target = trial.text(file).lines().find(|one| one.contains(behind)).expect("a line").to_owned();
            trial.change(file, line, "");
            trial.change(file, behind, &format!("{target}\n{whole}"));
        }
    }
    trial
}

#[test]
fn each_seeded_fault_is_found_at_its_line_and_no_other_kind() {
    for fault @ Fault(file, line, _, check, at) in FAULTS {
        let trial = seeded(fault);
        let found = trial.findings(&facts());
        let shown = found
            .iter()
            .map(|one| format!("{} {}", one.check, one.place.as_ref().map(ToString::to_string).unwrap_or_default()));
        let expected = format!("{check} /etc/nginx/{file}:{}", trial.line_of(file, at));
        let shown = shown.collect::<Vec<_>>();
        assert!(shown.contains(&expected), "{line}: {expected} in {found:#?}");
        assert!(found.iter().all(|one| one.check == *check), "and nothing of another kind, {line}: {found:#?}");
        assert!(
            found.iter().all(|one| one.outcome >= Outcome::Warning && !one.what.is_empty() && !one.mend.is_empty())
        );
    }
}

/// What is missing stands nowhere: each server that then answers for foreign names is named.
#[test]
fn a_missing_default_server_is_named_at_each_listener_of_ours() {
    let mut trial = Trial::new();
    trial.change(G, "default_server", "listen 127.0.0.1:9443 default_server;");
    let found = trial.findings(&facts());
    let shown = found.iter().map(|one| (one.check, one.place.as_ref().map(ToString::to_string).unwrap_or_default()));
    let expected = [D, "wiki.conf"].map(|file| {
        ("default-server-missing", format!("/etc/nginx/{file}:{}", trial.line_of(file, "    listen 127.0.0.1:8443")))
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn the_shipped_templates_have_no_finding_with_tls_or_without() {
    for trial in [Trial::new(), Trial::with_tls()] {
        assert_eq!(trial.findings(&facts()), []);
        let unknown = trial.findings(&super::super::Facts::default());
        assert!(unknown.len() == 3 && unknown.iter().all(|one| one.check == "open-path-unknown"), "{unknown:#?}");
    }
}

/// What is found is no mistake that nginx itself would refuse: it starts with each of these.
#[test]
fn nginx_itself_takes_every_one_of_these_faults() {
    for fault in FAULTS {
        let folder = tempfile::tempdir().expect("a folder");
        let trial = seeded(fault);
        trial.write(folder.path());
        let path = std::env::var("PATH").unwrap_or_default();
        let mut nginx = Command::new("nginx");
        nginx.env("PATH", format!("{path}:/usr/sbin:/sbin")).args(["-e", "stderr", "-t", "-p"]).arg(folder.path());
        let said = nginx.arg("-c").arg(folder.path().join("nginx.conf")).output().expect("nginx is installed");
        assert!(said.status.success(), "{}: {}", fault.1, String::from_utf8_lossy(&said.stderr));
        assert!(Config::read(folder.path()).is_ok());
    }
}
