//! What the other proxies cannot say, and how they say the rest.

use super::super::{FilePath, Listen, Proxy, Upstream};
use super::*;
use crate::model::Origin;

fn words(words: fn(&Place, &Options) -> Result<Words, NotOffered>, options: &Options) -> Result<Words, NotOffered> {
    words(&Place::of(&Origin::parse("https://docs.example.com").unwrap()).unwrap(), options)
}

fn usual() -> Options {
    Options::usual(Options::some_upstream())
}

#[test]
fn what_one_cannot_say_is_refused() {
    let auth = Place::of(&Origin::parse("https://auth.example.com").unwrap()).unwrap();
    for proxy in [Proxy::Caddy, Proxy::Haproxy, Proxy::Apache, Proxy::Traefik] {
        assert_eq!(proxy.render(&Piece::AuthHost, &auth, &usual()), Err(NotOffered::AuthHost));
    }
    assert_eq!(Proxy::Caddy.render(&Piece::Shared, &auth, &usual()), Err(NotOffered::Shared));
    for text in ["https://app.internal", "http://unix:/run/docs.sock"] {
        let options = Options::usual(Upstream::parse(text).unwrap());
        for one in [caddy, haproxy, apache, traefik] {
            assert_eq!(words(one, &options).err(), Some(NotOffered::Upstream), "{text}");
        }
    }
    let listen = Options { listen: vec![Listen::parse("unix:/run/front.sock").unwrap()], ..usual() };
    for one in [caddy, haproxy, apache, traefik] {
        assert!(matches!(words(one, &listen).err(), Some(NotOffered::Listen(_))));
    }
    let (certificate, key) = FilePath::parse_pair("/etc/a.pem,/etc/a.key").unwrap();
    let tls = Options { tls: Tls::Files { certificate, key }, ..usual() };
    assert_eq!(words(haproxy, &tls).err(), Some(NotOffered::Tls));
    assert_eq!(words(traefik, &tls).err(), Some(NotOffered::Tls));
    assert_eq!(words(caddy, &tls).unwrap().tls, "tls /etc/a.pem /etc/a.key");
}

#[test]
fn each_has_addresses_in_its_own_words() {
    let port = Options::usual(Upstream::parse("http://app.internal").unwrap());
    assert_eq!(words(haproxy, &port).unwrap().upstream, "app.internal:80");
    let [caddy, haproxy, apache] = [caddy, haproxy, apache].map(|one| words(one, &usual()).unwrap());
    assert_eq!(caddy.site, "https://docs.example.com");
    assert_eq!(caddy.validate, "unix//run/gatekeeper/validate-1.sock");
    assert_eq!(haproxy.validate, "unix@/run/gatekeeper/validate-1.sock");
    assert_eq!((apache.listen.as_str(), apache.upstream.as_str()), ("*:443", "http://127.0.0.1:3000"));
    assert!(apache.tls.contains("SSLCertificateFile /etc/letsencrypt/live/docs.example.com/fullchain.pem\n"));
}
