//! Ten shapes of apps, as an operator would register them and ask for their blocks.

/// One app.
pub(super) struct Shape {
    pub(super) slug: &'static str,
    /// More than its own host, `SLUG.gk.localhost`.
    pub(super) second: Option<&'static str>,
    /// What is said of it when it is registered.
    pub(super) app: &'static [&'static str],
    /// Where it is reached by nginx.
    pub(super) upstream: Upstream,
    pub(super) front: Front,
}

/// Where an app listens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Upstream {
    Tcp,
    Unix,
    Tls,
}

/// Where visitors come in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    Plain,
    /// Over TLS, and led to it from http.
    Tls,
}

const PLAIN: Shape = Shape { slug: "plain", second: None, app: &[], upstream: Upstream::Tcp, front: Front::Plain };

pub(super) const SHAPES: [Shape; 10] = [
    PLAIN,
    Shape { slug: "sealed", front: Front::Tls, ..PLAIN },
    Shape { slug: "twin", second: Some("other"), ..PLAIN },
    Shape { slug: "socket", upstream: Upstream::Unix, ..PLAIN },
    Shape { slug: "secure", upstream: Upstream::Tls, ..PLAIN },
    Shape { slug: "hidden", app: &["--noindex"], ..PLAIN },
    Shape { slug: "grouped", app: &["--groups-header"], ..PLAIN },
    Shape { slug: "basic", app: &["--roles", "viewer,editor", "--admin-roles", "editor"], ..PLAIN },
    Shape {
        slug: "open",
        app: &[
            "--open",
            "/alive",
            "--open",
            "/static/*",
            "--open",
            "/static/private/*=10.0.0.0/8",
            "--open",
            "/folder/",
            "--open",
            "/folder/*=10.0.0.0/8",
            "--open",
            "/both",
            "--open",
            "/both/*",
        ],
        ..PLAIN
    },
    Shape {
        slug: "near",
        app: &[
            "--open",
            "/metrics=127.0.0.0/8",
            "--open",
            "/inside/*=127.0.0.0/8,::1/128",
            "--open",
            "/outside/*=10.0.0.0/8,fd00::/8",
        ],
        ..PLAIN
    },
];
