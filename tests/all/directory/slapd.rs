//! A slapd of our own on loopback, with certificates of a private authority.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::LazyLock;

use super::server::{Kind, PASSWORD, Server, folder};
use crate::world::{Certificates, Part, clean, free_port, tool, wait_until};

const TOP: &str = "dc=corp,dc=example";

/// The attributes of Active Directory that are looked at, which OpenLDAP does not know by itself.
const SCHEMA: &str = r"
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'accountState' SUP top AUXILIARY MAY ( userPrincipalName $ userAccountControl ) )
";

/// The one that tests share.
pub(super) static SLAPD: LazyLock<Server> = LazyLock::new(start);

/// Another one, for a test that stops it.
pub(super) fn start() -> Server {
    let folder = folder("gk-slapd-");
    let certificates = Certificates::make(&folder.path().join("certificates"));
    fs::create_dir(folder.path().join("data")).unwrap();
    let configuration = folder.path().join("slapd.conf");
    fs::write(&configuration, configured(folder.path())).unwrap();
    let (plain, tls) = (free_port(), free_port());
    let addresses = format!("ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls} ldaps://127.0.0.2:{tls}");
    let mut command = clean(&tool("slapd"));
    command.args(["-d", "0", "-h", &addresses, "-f"]).arg(&configuration);
    let part = Part::start("slapd", &mut command, folder.path().join("slapd.log"));
    wait_until("slapd to listen", || TcpStream::connect(("127.0.0.1", tls)).is_ok());
    let server = Server {
        kind: Kind::OpenLdap,
        certificates,
        tls: format!("127.0.0.1:{tls}"),
        plain: format!("127.0.0.1:{plain}"),
        top: TOP,
        root: (format!("cn=root,{TOP}"), "root"),
        folder,
        part,
    };
    let reader = "objectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader";
    server.change(&format!(
        "dn: {TOP}\nchangetype: add\nobjectClass: domain\ndc: corp\n\n\
         dn: cn=reader,{TOP}\nchangetype: add\n{reader}\nuserPassword: {PASSWORD}\n"
    ));
    server
}

/// Whoever has bound reads everything, and everybody what is below `ou=open`.
fn configured(folder: &Path) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let include = ["core", "cosine", "inetorgperson"].map(|name| format!("include /etc/ldap/schema/{name}.schema\n"));
    format!(
        "{}{SCHEMA}\npidfile {}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCACertificateFile {}\n\
         TLSCertificateFile {}\nTLSCertificateKeyFile {}\nsizelimit 500\ndatabase mdb\nsuffix {TOP}\nrootdn cn=root,{TOP}\n\
         rootpw root\ndirectory {}\ndbnosync\nindex objectClass,uid,mail,entryUUID,member eq\n\
         access to attrs=userPassword by anonymous auth\naccess to dn.subtree=ou=open,{TOP} by * read\naccess to * by users read\n",
        include.concat(),
        at("slapd.pid"),
        at("certificates/ca.pem"),
        at("certificates/server.pem"),
        at("certificates/server.key"),
        at("data"),
    )
}
