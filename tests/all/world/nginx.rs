//! nginx in front of both hosts, with the templates of nginx/ filled in.

use std::collections::BTreeMap;

use super::http::{Answer, Line, Place, Request};
use super::part::Part;
use super::programs::{clean, project, tool};
use super::{World, wait_until};

impl World {
    /// Starts nginx with the shipped templates for the auth host and the app `docs`.
    #[track_caller]
    pub(crate) fn start_nginx(&self) {
        let folder = self.folder().join("nginx");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("nginx.conf");
        std::fs::write(&file, self.nginx_configuration()).unwrap();
        let mut command = clean(&tool("nginx"));
        command.arg("-e").arg(folder.join("error.log")).arg("-p").arg(&folder).arg("-c").arg(&file);
        let part = Part::start("nginx", &mut command, self.folder().join("nginx.log"));
        let mut running = self.nginx.lock().unwrap();
        *running = Some(part);
        let place = Place::Tcp(format!("127.0.0.1:{}", self.port));
        wait_until("nginx to listen", || {
            let part = running.as_mut().expect("just started");
            assert!(part.is_running(), "nginx ended and had said:\n{}", part.talk());
            Line::connect(&place).is_ok()
        });
    }

    /// Asks the protected app's host through nginx.
    #[track_caller]
    pub(crate) fn docs(&self, request: &Request) -> Answer {
        self.front.ask(request)
    }

    /// Asks the auth host through nginx.
    #[track_caller]
    pub(crate) fn auth(&self, request: &Request) -> Answer {
        self.front.ask(&request.clone().with("Host", &self.auth_host()))
    }

    /// A connection to nginx of one's own.
    #[track_caller]
    pub(crate) fn front_line(&self) -> Line {
        Line::connect(&Place::Tcp(format!("127.0.0.1:{}", self.port))).expect("nginx listens")
    }

    fn nginx_configuration(&self) -> String {
        let values = BTreeMap::<&str, String>::new();
        let fill = |name: &str| fill(&std::fs::read_to_string(project().join("nginx").join(name)).unwrap(), &values);
        fill("gatekeeper.conf.template") + &fill("auth.conf.template") + &fill("app.conf.template")
    }
}

/// Puts values in the place of `{{names}}`; a name without a value is a mistake.
fn fill(template: &str, values: &BTreeMap<&str, String>) -> String {
    let filled =
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    assert!(!filled.contains("{{"), "a placeholder without a value:\n{filled}");
    filled
}
