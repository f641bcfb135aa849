//! What cargo-fuzz calls: `redirect=`, and what has to hold of where it leads. Only in tests and under cargo-fuzz.

use url::Url;

use crate::model::{CallbackUrl, Hosts, Origin, ReturnTo};

/// Our hosts: as they are on the internet, and as on one's own machine.
struct Place {
    auth: &'static str,
    apps: &'static [&'static str],
    domain: &'static str,
}

const PLACES: [Place; 2] = [
    Place { auth: "https://auth.gk.test", apps: &["https://wiki.example.org:8443"], domain: "gk.test" },
    Place {
        auth: "http://auth.gk.localhost:8080",
        apps: &["http://docs.localhost:8080", "http://[::1]:9000", "https://127.0.0.1:8443"],
        domain: "gk.localhost",
    },
];

/// The input is one text, as it stands behind `redirect=`.
pub fn redirect(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    for place in &PLACES {
        let origin = |text: &str| Origin::parse(text).expect("an origin");
        let apps = place.apps.iter().map(|app| origin(app)).collect();
        let hosts = Hosts { auth: origin(place.auth), apps, cookie_domain: Some(place.domain.to_owned()) };
        let to = ReturnTo::parse(text, &hosts);
        assert_eq!(ReturnTo::parse(to.as_str(), &hosts), to, "what was checked is taken again, unchanged");
        assert!(to.as_str() == "/" || !text.is_ascii() || to.as_str() == text, "nothing is rewritten: {to}");
        stays(to.as_str(), place);
    }
    if let Ok(origin) = Origin::parse(text) {
        assert_eq!(Origin::parse(origin.as_str()), Ok(origin.clone()));
        assert_eq!(origin.as_str(), Url::parse(text).expect("a URL").origin().ascii_serialization());
    }
    if let Ok(callback) = CallbackUrl::parse(text) {
        let url = Url::parse(text).expect("a URL");
        assert!(callback.as_str() == text && url.fragment().is_none() && url.username().is_empty());
        assert!(Origin::parse(&url.origin().ascii_serialization()).is_ok(), "{text}");
    }
}

/// Where a browser ends that is sent there from the sign-in page; and that nobody can read it in another way.
fn stays(location: &str, place: &Place) {
    assert!(location.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{location:?}");
    let page = Url::parse(place.auth).and_then(|auth| auth.join("/signin?x=y")).expect("our own page");
    let url = page.join(location).expect("a Location that a browser can follow");
    let origin = url.origin().ascii_serialization();
    let host = url.host_str().expect("a host");
    let within = host == place.domain || host.ends_with(&format!(".{}", place.domain));
    let https = url.scheme() == "https" && url.port().is_none();
    let here = url.scheme() == "http" && (host == "localhost" || host.ends_with(".localhost"));
    let ours = origin == place.auth || place.apps.contains(&&*origin) || (within && (https || here));
    assert!(ours && url.username().is_empty() && url.password().is_none(), "{location:?} leads to {url}");
    match location.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https")) {
        None => assert!(location.starts_with('/') && !location.starts_with("//"), "{location:?}"),
        Some((_, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let name = authority.strip_prefix(host).expect("the host as it is written");
            let port = name.strip_prefix(':').map_or(url.port(), |port| port.parse().ok());
            assert!(name.is_empty() || port == url.port_or_known_default(), "{location:?}");
        }
    }
}

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    #[test]
    fn redirects_hold_over_all_saved_inputs() {
        super::replay::replay(include_str!("../../fuzz/corpora/redirect.txt"), super::redirect);
    }
}
