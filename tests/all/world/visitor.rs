//! A visitor of the auth host without a browser: keeps cookies, has an address, follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};

use super::World;
use super::http::{Answer, Request};

/// Talks to gk-admin as nginx would pass it on. Every visitor has an address of its own, so that the limits per
/// address meet only who means to meet them.
pub(crate) struct Visitor<'world> {
    world: &'world World,
    address: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl World {
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = format!("198.18.{}.{}", number / 250, number % 250 + 1);
        Visitor { world: self, address, cookies: Mutex::default() }
    }
}

impl World {
    /// A visitor with a session of an approved person, made at the command line just now.
    #[track_caller]
    pub(crate) fn visitor_as(&self, email: &str) -> Visitor<'_> {
        let visitor = self.visitor();
        visitor.remember(&self.signed_in(email));
        visitor
    }
}

impl<'world> Visitor<'world> {
    /// Somebody else behind the same address.
    pub(crate) fn neighbour(&self) -> Visitor<'world> {
        Visitor { world: self.world, address: self.address.clone(), cookies: Mutex::default() }
    }
}

impl Visitor<'_> {
    /// Signs in by mail: by the sign-in mail of this number (from 1) to this address.
    #[track_caller]
    pub(crate) fn signs_in(&self, email: &str, count: usize) -> Answer {
        assert_eq!(self.ask_for_link(email, "").status, 303);
        self.post(&self.world.mailed_path(email, count), &[])
    }

    /// Where it asks from.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).with("Accept", "text/html").with("Sec-Fetch-Mode", "navigate"))
    }

    #[track_caller]
    pub(crate) fn head(&self, path: &str) -> Answer {
        self.ask(Request::new("HEAD", path))
    }

    /// Sends a form of the auth host's own page.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("Sec-Fetch-Site", "same-origin"), ("Origin", &self.world.auth_url())];
        self.ask(own.iter().fold(Request::form(path, fields), |request, (name, value)| request.with(name, value)))
    }

    /// Any request, with this visitor's cookies and address.
    #[track_caller]
    pub(crate) fn ask(&self, request: Request) -> Answer {
        let mut request = request.with("X-Forwarded-For", &self.address);
        let cookies: Vec<String> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.with("Cookie", &cookies.join("; "));
        }
        let answer = self.world.ask_admin(&request);
        for set in answer.all("set-cookie") {
            self.remember(set);
        }
        answer
    }

    /// Asks for a sign-in link.
    #[track_caller]
    pub(crate) fn ask_for_link(&self, email: &str, redirect: &str) -> Answer {
        self.post("/signin", &[("email", email), ("redirect", redirect)])
    }

    /// The session this visitor has, as `gk_session=…`.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookies.lock().unwrap().get("gk_session").map(|value| format!("gk_session={value}"))
    }

    /// Puts a cookie given as `name=value` into the jar.
    pub(crate) fn remember(&self, set: &str) {
        let (name, value) = set.split(';').next().unwrap_or_default().split_once('=').expect("a cookie has a name");
        let gone = value.is_empty() || set.to_ascii_lowercase().contains("max-age=0");
        let mut cookies = self.cookies.lock().unwrap();
        if gone {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
