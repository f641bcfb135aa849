//! The directories that tests ask, one of each kind for all tests: each test has an OU of its own for what it changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::world::{Certificates, Part, Said, World, clean, removed_at_end, tool};

pub(super) use super::samba::SAMBA;
pub(super) use super::slapd::SLAPD;

/// Of the account that Gatekeeper binds as.
pub(super) const PASSWORD: &str = "a Reader's passw0rd";

/// What differs between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    OpenLdap,
    ActiveDirectory,
}

/// A running directory.
pub(super) struct Server {
    /// Before its folder, so that it is gone before its files.
    pub(super) part: Part,
    pub(super) kind: Kind,
    pub(super) folder: TempDir,
    pub(super) certificates: Certificates,
    /// `host:port` for TLS, and where it takes StartTLS.
    pub(super) tls: String,
    pub(super) plain: String,
    /// What its entries are below.
    pub(super) top: &'static str,
    /// Who may change it, and with which password.
    pub(super) root: (String, &'static str),
}

/// A folder for a server, removed when the tests end.
pub(super) fn folder(prefix: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir().unwrap();
    removed_at_end(folder.path());
    folder
}

impl Server {
    /// Changes the directory as an LDIF file says.
    #[track_caller]
    pub(super) fn change(&self, ldif: &str) {
        let file = self.folder.path().join(format!("{:?}.ldif", std::thread::current().id()));
        fs::write(&file, ldif).unwrap();
        let mut command = clean(&tool("ldapmodify"));
        command.env("LDAPTLS_CACERT", self.authority()).args(["-x", "-H", &self.secure(), "-D", &self.root.0]);
        Said::by(command.args(["-w", self.root.1, "-f"]).arg(&file).stdin(Stdio::null())).done();
    }

    /// An OU for one test; gives its DN.
    #[track_caller]
    pub(super) fn unit(&self, name: &str) -> String {
        let dn = format!("ou={name},{}", self.top);
        self.change(&format!("dn: {dn}\nchangetype: add\nobjectClass: organizationalUnit\nou: {name}\n"));
        dn
    }

    /// Somebody with the DN `cn=p<number>` in a unit, this user name and these lines more; gives the DN. An Active
    /// Directory has each user name once in all its units: no two tests have the same.
    #[track_caller]
    pub(super) fn person(&self, unit: &str, number: usize, login: &str, more: &str) -> String {
        let dn = format!("cn=p{number},{unit}");
        self.change(&self.entry(&dn, login, &format!("displayName: Person {number}\n{more}")));
        dn
    }

    /// Who is added by an LDIF file.
    pub(super) fn entry(&self, dn: &str, login: &str, more: &str) -> String {
        let name = self.login_attribute();
        let own = match self.kind {
            Kind::OpenLdap => "objectClass: inetOrgPerson\nobjectClass: accountState\nsn: Person",
            // 512 and that no password is needed: nobody signs in here.
            Kind::ActiveDirectory if !more.contains("userAccountControl") => {
                "objectClass: user\nuserAccountControl: 544"
            }
            Kind::ActiveDirectory => "objectClass: user",
        };
        format!("dn: {dn}\nchangetype: add\n{own}\n{name}: {login}\n{}\n\n", more.trim_end())
    }

    /// A group with these members; gives its DN. `name` is written as in a DN.
    #[track_caller]
    pub(super) fn group(&self, unit: &str, name: &str, members: &[&str]) -> String {
        let dn = format!("cn={name},{unit}");
        let own = match self.kind {
            Kind::OpenLdap => "objectClass: groupOfNames".to_owned(),
            // Unlike the DN, this name is one for the whole domain.
            Kind::ActiveDirectory => {
                let plain = format!("{name}-{unit}").replace(|c: char| !c.is_alphanumeric(), "-");
                format!("objectClass: group\nsAMAccountName: {plain}")
            }
        };
        let members = members.iter().map(|member| format!("member: {member}\n")).collect::<Vec<_>>().concat();
        self.change(&format!("dn: {dn}\nchangetype: add\n{own}\n{members}"));
        dn
    }

    /// Sets one attribute of an entry.
    #[track_caller]
    pub(super) fn set(&self, dn: &str, attribute: &str, value: &str) {
        self.change(&format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"));
    }

    /// Takes one value of an attribute out.
    #[track_caller]
    pub(super) fn take(&self, dn: &str, attribute: &str, value: &str) {
        self.change(&format!("dn: {dn}\nchangetype: modify\ndelete: {attribute}\n{attribute}: {value}\n"));
    }

    /// Removes entries.
    #[track_caller]
    pub(super) fn remove(&self, dns: &[&str]) {
        self.change(&dns.iter().map(|dn| format!("dn: {dn}\nchangetype: delete\n\n")).collect::<Vec<_>>().concat());
    }

    /// Moves `cn=<name>` to another unit.
    #[track_caller]
    pub(super) fn relocate(&self, dn: &str, unit: &str) {
        let name = dn.split(',').next().unwrap();
        self.change(&format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {name}\ndeleteoldrdn: 1\nnewsuperior: {unit}\n"));
    }

    /// The attribute with the user name.
    pub(super) fn login_attribute(&self) -> &'static str {
        match self.kind {
            Kind::OpenLdap => "uid",
            Kind::ActiveDirectory => "sAMAccountName",
        }
    }

    /// The authority's certificate.
    pub(super) fn authority(&self) -> PathBuf {
        self.certificates.authority()
    }

    /// `ldaps://<host>:<port>`.
    pub(super) fn secure(&self) -> String {
        format!("ldaps://{}", self.tls)
    }

    /// Where it takes StartTLS.
    pub(super) fn open(&self) -> String {
        format!("ldap://{}", self.plain)
    }

    fn reader(&self) -> String {
        format!("cn=reader,{}", self.top)
    }

    /// Has a world ask this directory below `base`. Among more arguments, `--uri`, `--ca-file` and `--bind-dn` are taken in the
    /// place of the usual ones.
    pub(super) fn join(&self, world: &World, label: &str, base: &str, more: &[&str]) -> Said {
        let file = world.folder().join("bind-password");
        fs::write(&file, PASSWORD).unwrap();
        let arguments = self.arguments(label, base, (&file, more));
        Said::by(&mut command(world, &arguments))
    }

    fn arguments(&self, label: &str, base: &str, (password, more): (&Path, &[&str])) -> Vec<String> {
        let (password, ca) = (password.display().to_string(), self.authority().display().to_string());
        let mut arguments = ["directory", "add", "--domain", label, "--base-dn", base].map(str::to_owned).to_vec();
        let usual = [("--uri", self.secure()), ("--ca-file", ca), ("--bind-dn", self.reader())];
        for (name, value) in usual.into_iter().filter(|(name, _)| !more.contains(name)) {
            arguments.extend([name.to_owned(), value]);
        }
        if !more.contains(&"--bind-dn") {
            arguments.extend(["--bind-password-file".to_owned(), password]);
        }
        if self.kind == Kind::OpenLdap {
            let own = ["--username-attribute", "uid", "--groups", "transitive"];
            let user = ["--user-filter", "(&(objectClass=inetOrgPerson)(uid={username}))"];
            let email = ["--email-filter", "(&(objectClass=inetOrgPerson)(mail={email}))"];
            arguments.extend(own.into_iter().chain(user).chain(email).map(str::to_owned));
        }
        arguments.extend(more.iter().map(|&one| one.to_owned()));
        arguments
    }
}

fn command(world: &World, arguments: &[String]) -> Command {
    world.gk_command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}
