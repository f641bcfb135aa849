//! Setting a scene through the command: people, apps, grants, sessions.

use super::World;

impl World {
    /// An approved account, added at its first mention.
    #[track_caller]
    pub(crate) fn person(&self, email: &str) {
        if self.people.lock().unwrap().insert(email.to_owned()) && email != super::ADMIN {
            self.gk(&["users", "add", "--email", email, "--approved"]).done();
        }
    }

    /// A registered app with an open role list, added at its first mention.
    #[track_caller]
    pub(crate) fn registered(&self, slug: &str) {
        if self.apps.lock().unwrap().insert(slug.to_owned()) {
            self.gk(&["apps", "add", "--slug", slug, "--name", slug, "--origin", &self.docs_url()]).done();
        }
    }

    /// A new session of an approved person: the `gk_session=…` cookie.
    #[track_caller]
    pub(crate) fn signed_in(&self, email: &str) -> String {
        self.person(email);
        self.session(email)
    }

    /// A new session of an account that is there already, whatever its state.
    #[track_caller]
    pub(crate) fn session(&self, user: &str) -> String {
        self.gk(&["sessions", "create", "--user", user]).done().trim_end().to_owned()
    }

    /// A new session with its identity: (cookie, session id).
    #[track_caller]
    pub(crate) fn known_session(&self, user: &str) -> (String, String) {
        let made = self.gk_json(&["sessions", "create", "--user", user]);
        let text = |key: &str| made[key].as_str().expect("sessions create says it").to_owned();
        (text("cookie"), text("session"))
    }

    /// A grant of an app to a person, both added at their first mention.
    #[track_caller]
    pub(crate) fn grant(&self, email: &str, slug: &str) {
        self.person(email);
        self.registered(slug);
        self.gk(&["apps", "grant", "--slug", slug, "--email", email]).done();
    }

    /// Takes a grant away again.
    #[track_caller]
    pub(crate) fn revoke(&self, email: &str, slug: &str) {
        self.gk(&["apps", "revoke", "--slug", slug, "--email", email]).done();
    }
}
