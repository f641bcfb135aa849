//! A slapd of our own on loopback, with people, groups and certificates of a private authority; one for all tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::world::{Certificates, Part, Said, World, clean, free_port, removed_at_end, tool, wait_until};

/// What its entries are below.
pub(super) const TOP: &str = "dc=corp,dc=example";
const READER: &str = "cn=reader,dc=corp,dc=example";
pub(super) const PASSWORD: &str = "a reader's password";

/// The attributes of Active Directory that are looked at, which OpenLDAP does not know by itself.
const SCHEMA: &str = r"
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'accountState' SUP top AUXILIARY MAY ( userPrincipalName $ userAccountControl ) )
";

/// A running slapd.
pub(super) struct Slapd {
    folder: TempDir,
    certificates: Certificates,
    plain: u16,
    tls: u16,
    _part: Part,
}

/// The one that all tests share: each has an OU of its own for what it changes.
pub(super) static SLAPD: LazyLock<Slapd> = LazyLock::new(Slapd::start);

impl Slapd {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("gk-slapd-").tempdir().unwrap();
        removed_at_end(folder.path());
        let certificates = Certificates::make(&folder.path().join("certificates"));
        fs::create_dir(folder.path().join("data")).unwrap();
        let configuration = folder.path().join("slapd.conf");
        fs::write(&configuration, configured(folder.path())).unwrap();
        let (plain, tls) = (free_port(), free_port());
        let addresses = format!("ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls} ldaps://127.0.0.2:{tls}");
        let mut command = clean(&tool("slapd"));
        command.args(["-d", "0", "-h", &addresses, "-f"]).arg(&configuration);
        let part = Part::start("slapd", &mut command, folder.path().join("slapd.log"));
        let slapd = Self { folder, certificates, plain, tls, _part: part };
        wait_until("slapd to listen", || std::net::TcpStream::connect(("127.0.0.1", plain)).is_ok());
        let reader = "objectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader";
        slapd.change(&format!(
            "dn: {TOP}\nchangetype: add\nobjectClass: domain\ndc: corp\n\n\
             dn: {READER}\nchangetype: add\n{reader}\nuserPassword: {PASSWORD}\n"
        ));
        slapd
    }

    /// Changes the directory as an LDIF file says.
    #[track_caller]
    pub(super) fn change(&self, ldif: &str) {
        let file = self.folder.path().join(format!("{:?}.ldif", std::thread::current().id()));
        fs::write(&file, ldif).unwrap();
        let mut command = clean(&tool("ldapmodify"));
        command.args(["-x", "-H", &format!("ldap://127.0.0.1:{}", self.plain), "-D", &format!("cn=root,{TOP}")]);
        Said::by(command.args(["-w", "root", "-f"]).arg(&file).stdin(Stdio::null())).done();
    }

    /// An OU for one test; gives its DN.
    #[track_caller]
    pub(super) fn unit(&self, name: &str) -> String {
        let dn = format!("ou={name},{TOP}");
        self.change(&format!("dn: {dn}\nchangetype: add\nobjectClass: organizationalUnit\nou: {name}\n"));
        dn
    }

    /// Somebody with a mail address `<uid>@people.example`, and these lines more.
    #[track_caller]
    pub(super) fn person(&self, unit: &str, number: usize, uid: &str, more: &str) {
        self.change(&format!(
            "dn: cn=p{number},{unit}\nchangetype: add\nobjectClass: inetOrgPerson\nobjectClass: accountState\n\
             cn: p{number}\nsn: Person\nuid: {uid}\ndisplayName: Person {number}\n{more}\n"
        ));
    }

    /// The authority's certificate.
    pub(super) fn authority(&self) -> PathBuf {
        self.certificates.authority()
    }

    /// `ldaps://<host>:<port>`.
    pub(super) fn secure(&self, host: &str) -> String {
        format!("ldaps://{host}:{}", self.tls)
    }

    /// Where it takes StartTLS.
    pub(super) fn open(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.plain)
    }
}

fn configured(folder: &Path) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let include = ["core", "cosine", "inetorgperson"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    format!(
        "{}{SCHEMA}\npidfile {}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCACertificateFile {}\n\
         TLSCertificateFile {}\nTLSCertificateKeyFile {}\nsizelimit 500\ndatabase mdb\nsuffix {TOP}\nrootdn cn=root,{TOP}\n\
         rootpw root\ndirectory {}\naccess to attrs=userPassword by anonymous auth\naccess to * by users read\n",
        include.concat(),
        at("slapd.pid"),
        at("certificates/ca.pem"),
        at("certificates/server.pem"),
        at("certificates/server.key"),
        at("data"),
    )
}

/// Sets a directory up that asks below `base` at `uri`, with more arguments.
pub(super) fn add(world: &World, label: &str, (uri, base): (&str, &str), more: &[&str]) -> Said {
    Said::by(&mut adding(world, label, (uri, base), more))
}

fn adding(world: &World, label: &str, (uri, base): (&str, &str), more: &[&str]) -> Command {
    let password = world.folder().join("bind-password");
    fs::write(&password, PASSWORD).unwrap();
    let (password, ca) = (password.display().to_string(), SLAPD.authority().display().to_string());
    let mut arguments =
        vec!["directory", "add", "--domain", label, "--uri", uri, "--base-dn", base, "--bind-dn", READER];
    arguments.extend(["--bind-password-file", &password, "--groups", "transitive"]);
    arguments.extend([
        "--username-attribute",
        "uid",
        "--user-filter",
        "(&(objectClass=inetOrgPerson)(uid={username}))",
    ]);
    arguments.extend(["--email-filter", "(&(objectClass=inetOrgPerson)(mail={email}))"]);
    if !more.contains(&"--ca-file") {
        arguments.extend(["--ca-file", &ca]);
    }
    arguments.extend(more);
    world.gk_command(&arguments)
}
