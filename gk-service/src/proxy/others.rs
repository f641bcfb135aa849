//! Blocks of apps for Caddy, HAProxy, Apache and Traefik, from the templates in `nginx/others/`. What one of them cannot say, or
//! no test has seen it do, is refused: never a block that is more open than nginx's.

use super::Piece;
use super::facts::{AppFacts, Place};
use super::fill::fill;
use super::not_offered::NotOffered;
use super::options::{Options, Tls};
use super::values::ServerAddress;

#[cfg(test)]
mod tests;

/// A proxy other than nginx.
pub(super) struct Other {
    template: &'static str,
    /// What its blocks need once.
    shared: Option<&'static str>,
    /// How many origins an app may have: a block of Traefik is a whole document of YAML.
    most_origins: usize,
    words: fn(&Place, &Options) -> Result<Words, NotOffered>,
}

pub(super) const CADDY: Other = Other {
    template: include_str!("../../../nginx/others/Caddyfile.template"),
    shared: None,
    most_origins: usize::MAX,
    words: caddy,
};

pub(super) const HAPROXY: Other = Other {
    template: include_str!("../../../nginx/others/haproxy.cfg.template"),
    shared: Some(concat!(
        include_str!("../../../nginx/others/gatekeeper.lua"),
        include_str!("../../../nginx/others/haproxy.lua")
    )),
    most_origins: usize::MAX,
    words: haproxy,
};

pub(super) const APACHE: Other = Other {
    template: include_str!("../../../nginx/others/apache.conf.template"),
    shared: Some(concat!(
        include_str!("../../../nginx/others/gatekeeper.lua"),
        include_str!("../../../nginx/others/apache.lua")
    )),
    most_origins: usize::MAX,
    words: apache,
};

pub(super) const TRAEFIK: Other = Other {
    template: include_str!("../../../nginx/others/traefik.yml.template"),
    shared: Some(include_str!("../../../nginx/others/gatekeeper.go")),
    most_origins: 1,
    words: traefik,
};

/// What a proxy has in its own words.
#[derive(Default)]
struct Words {
    site: String,
    listen: String,
    tls: String,
    validate: String,
    upstream: String,
    noindex: &'static str,
}

impl Other {
    pub(super) fn render(&self, piece: &Piece, auth: &Place, options: &Options) -> Result<String, NotOffered> {
        match piece {
            Piece::AuthHost => Err(NotOffered::AuthHost),
            Piece::Shared => self.shared.map(str::to_owned).ok_or(NotOffered::Shared),
            Piece::App(facts) if !facts.open_paths.is_empty() => Err(NotOffered::OpenPaths),
            Piece::App(facts) if facts.places.len() > self.most_origins => Err(NotOffered::Origins),
            Piece::App(facts) => facts.places.iter().map(|place| self.app(facts, place, auth, options)).collect(),
        }
    }

    fn app(&self, facts: &AppFacts, place: &Place, auth: &Place, options: &Options) -> Result<String, NotOffered> {
        let words = (self.words)(place, options)?;
        let mark = facts.mark.to_string();
        let values = [
            ("site", words.site.as_str()),
            ("listen", &words.listen),
            ("tls", &words.tls),
            ("app_host", place.host().as_str()),
            ("app_authority", place.origin().authority()),
            ("app_url", place.origin().as_str()),
            ("auth_host", auth.host().as_str()),
            ("auth_url", auth.origin().as_str()),
            ("slug", facts.slug.as_str()),
            ("block", &mark),
            ("validate", &words.validate),
            ("upstream", &words.upstream),
            ("noindex", if facts.noindex { words.noindex } else { "" }),
        ];
        Ok(fill(self.template, &values))
    }
}

fn caddy(place: &Place, options: &Options) -> Result<Words, NotOffered> {
    nowhere_else(options, "Caddy listens at the app's own host and port")?;
    let (site, tls) = match &options.tls {
        Tls::ByOrigin => (place.origin().to_string(), String::new()),
        Tls::Files { certificate, key } => (place.origin().to_string(), format!("tls {certificate} {key}")),
        Tls::Elsewhere => (format!("http://{}", place.origin().authority()), String::new()),
    };
    Ok(Words {
        site,
        tls,
        validate: at_socket(options, "unix/"),
        upstream: format!("http://{}", upstream(options)?),
        noindex: "header {\n\tX-Robots-Tag \"noindex, nofollow, noarchive\"\n\tdefer\n}",
        ..Words::default()
    })
}

fn haproxy(_: &Place, options: &Options) -> Result<Words, NotOffered> {
    nowhere_else(options, "your frontend does")?;
    if matches!(options.tls, Tls::Files { .. }) {
        return Err(NotOffered::Tls);
    }
    Ok(Words {
        validate: at_socket(options, "unix@"),
        upstream: upstream(options)?,
        noindex: "http-after-response set-header X-Robots-Tag \"noindex, nofollow, noarchive\"",
        ..Words::default()
    })
}

fn traefik(place: &Place, options: &Options) -> Result<Words, NotOffered> {
    nowhere_else(options, "your entry points do")?;
    let tls = match &options.tls {
        Tls::Files { .. } => return Err(NotOffered::Tls),
        Tls::ByOrigin if place.speaks_tls() => "tls: {}",
        Tls::ByOrigin | Tls::Elsewhere => "",
    };
    Ok(Words {
        tls: tls.to_owned(),
        validate: at_socket(options, "unix:"),
        upstream: format!("http://{}", upstream(options)?),
        noindex: "noindex: \"noindex, nofollow, noarchive\"",
        ..Words::default()
    })
}

fn apache(place: &Place, options: &Options) -> Result<Words, NotOffered> {
    let tls =
        |(certificate, key)| format!("SSLEngine on\nSSLCertificateFile {certificate}\nSSLCertificateKeyFile {key}");
    Ok(Words {
        listen: apache_listens(place, options)?,
        tls: options.certificate(place).map(tls).unwrap_or_default(),
        validate: at_socket(options, "unix:"),
        upstream: format!("http://{}", upstream(options)?),
        noindex: "Header always set X-Robots-Tag \"noindex, nofollow, noarchive\"",
        ..Words::default()
    })
}

/// A star stands for every address, those of IPv6 too.
fn apache_listens(place: &Place, options: &Options) -> Result<String, NotOffered> {
    if !options.listen_plain.is_empty() || options.listen.iter().any(|at| at.as_str().starts_with("unix:")) {
        return Err(NotOffered::Listen("Apache listens at ports, and leads nobody from http to https here"));
    }
    let many = if options.listen.is_empty() { 1 } else { options.listen.len() };
    let whole = |at: String| if at.contains(':') { at } else { format!("*:{at}") };
    Ok(options.listens(place).into_iter().take(many).map(whole).collect::<Vec<_>>().join(" "))
}

fn nowhere_else(options: &Options, why: &'static str) -> Result<(), NotOffered> {
    let chosen = !options.listen.is_empty() || !options.listen_plain.is_empty();
    if chosen { Err(NotOffered::Listen(why)) } else { Ok(()) }
}

/// Where the first gk-validate listens, as the proxy writes a socket.
fn at_socket(options: &Options, socket: &str) -> String {
    let address = options.validate.first().map_or("", ServerAddress::as_str);
    address.strip_prefix("unix:").map_or_else(|| address.to_owned(), |path| format!("{socket}{path}"))
}

/// Host and port of the app.
fn upstream(options: &Options) -> Result<String, NotOffered> {
    let place = options.upstream.as_str().strip_prefix("http://").ok_or(NotOffered::Upstream)?;
    if place.starts_with("unix:") {
        return Err(NotOffered::Upstream);
    }
    Ok(if place == options.upstream.host() { format!("{place}:80") } else { place.to_owned() })
}
