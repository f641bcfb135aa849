//! `gk apps nginx`: configuration for the proxy in front of an app, to standard output.

use clap::Args;
use gk_service::proxy::{FilePath, HostName, Listen, Options, Proxy, ServerAddress, Tls, Upstream, UpstreamTls};
use gk_service::service::apps::{self, Part};
use gk_shared::model::Slug;
use serde_json::json;

use super::answer::{Answer, Failure};
use super::shell::Shell;

const EXAMPLE: &str = "\
Once for an installation, before the first app:

  gk apps nginx --shared --auth-host > /etc/nginx/conf.d/00-gatekeeper.conf

For each app, and again whenever its origins, open paths or noindex change (the console says when):

  gk apps nginx --slug docs --upstream http://127.0.0.1:3000 > /etc/nginx/conf.d/docs.conf
  nginx -t && systemctl reload nginx

An origin with https is served with the certificate that certbot keeps for its host, unless --tls names another or
--no-tls says that something before nginx ends TLS. With the certificate of a wildcard name:

  gk apps nginx --slug docs --upstream http://unix:/run/docs.sock --tls /etc/ssl/wild.pem,/etc/ssl/wild.key

Debian's own /etc/nginx/sites-enabled/default claims every other host on port 80, as the shared part does: remove it.

For other proxies there are blocks of apps, closed like nginx's; nginx/README.md says what they do not have:

  gk apps nginx --proxy caddy --slug docs --upstream http://127.0.0.1:3000 > /etc/caddy/docs.caddy
  gk apps nginx --proxy haproxy --shared > /etc/haproxy/gatekeeper.lua";

#[derive(Args)]
#[command(after_help = EXAMPLE)]
#[command(override_usage = "gk apps nginx [--shared] [--auth-host] [--slug <SLUG> --upstream <URL>] [OPTIONS]")]
pub(super) struct Nginx {
    #[command(flatten)]
    parts: Parts,
    /// What stands in front of the app: nginx, caddy, haproxy, apache or traefik
    #[arg(long, value_name = "PROXY", value_parser = Proxy::parse, default_value = "nginx")]
    proxy: Proxy,
    /// Where the app listens, without a path: http://127.0.0.1:3000, http://unix:/run/docs.sock or https://app.internal
    #[arg(long, value_name = "URL", value_parser = Upstream::parse, default_value_t = Options::some_upstream())]
    upstream: Upstream,
    /// Whom the certificate of an upstream with https has to come from
    #[arg(long, value_name = "FILE", value_parser = FilePath::parse, default_value_t = Options::system_authorities())]
    upstream_ca: FilePath,
    /// The name it has to be for; without this the upstream's own
    #[arg(long, value_name = "HOST", value_parser = HostName::parse)]
    upstream_name: Option<HostName>,
    /// Take any certificate from an upstream with https: whoever answers there is believed
    #[arg(long, conflicts_with = "upstream_ca")]
    upstream_unverified: bool,
    /// The certificate with its chain, and its key, of the hosts in this text
    #[arg(long, value_name = "CERT,KEY", value_parser = FilePath::parse_pair)]
    tls: Option<(FilePath, FilePath)>,
    /// Something before nginx ends TLS
    #[arg(long, conflicts_with = "tls")]
    no_tls: bool,
    /// Where nginx listens, in place of the origin's port on every address; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = Listen::parse)]
    listen: Vec<Listen>,
    /// Where nginx leads from http to https, when --listen is given; without it port 80; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = Listen::parse)]
    listen_plain: Vec<Listen>,
    /// Where gk-validate listens; for --shared, and for apps behind another proxy than nginx; may be repeated for nginx
    #[arg(long, value_name = "ADDRESS", value_parser = ServerAddress::parse)]
    validate: Vec<ServerAddress>,
    /// Where gk-admin listens; for --shared
    #[arg(long, value_name = "ADDRESS", value_parser = ServerAddress::parse)]
    admin: Option<ServerAddress>,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Parts {
    /// The app whose block to print
    #[arg(short, long, value_parser = Slug::parse)]
    slug: Option<Slug>,
    /// Print Gatekeeper's own host: needed once
    #[arg(long)]
    auth_host: bool,
    /// Print what all servers share: needed once, before the others
    #[arg(long)]
    shared: bool,
}

impl Nginx {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let parts = self.parts.named();
        let (proxy, options) = (self.proxy, self.options());
        let text = shell.database()?.read(&shell.caller, |view| apps::configuration(view, proxy, &parts, &options))?;
        Ok(Answer::seen(json!({ "nginx": text }), text.trim_end()))
    }

    fn options(self) -> Options {
        let usual = Options::usual(self.upstream);
        let name = self.upstream_name;
        Options {
            upstream_tls: if self.upstream_unverified {
                UpstreamTls::Unverified { name }
            } else {
                UpstreamTls::Verified { authority: self.upstream_ca, name }
            },
            listen: self.listen,
            listen_plain: self.listen_plain,
            tls: match self.tls {
                Some((certificate, key)) => Tls::Files { certificate, key },
                None if self.no_tls => Tls::Elsewhere,
                None => Tls::ByOrigin,
            },
            validate: if self.validate.is_empty() { usual.validate } else { self.validate },
            admin: self.admin.unwrap_or(usual.admin),
            upstream: usual.upstream,
        }
    }
}

impl Parts {
    /// In the order in which nginx needs them.
    fn named(&self) -> Vec<Part> {
        let once = [(self.shared, Part::Shared), (self.auth_host, Part::AuthHost)];
        let once = once.into_iter().filter_map(|(wanted, part)| wanted.then_some(part));
        once.chain(self.slug.iter().cloned().map(Part::App)).collect()
    }
}
