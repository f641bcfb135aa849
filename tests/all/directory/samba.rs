//! An Active Directory of our own on loopback: a domain controller of Samba's, which is made new for each run of the tests.
//! Its ports are fixed and below 1024, so it has an address of its own and runs as root.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::server::{Kind, PASSWORD, Server, folder};
use crate::world::{Certificates, Part, Said, clean, is_root, tool, wait_until};

const TOP: &str = "DC=ad,DC=example,DC=com";
const ADMINISTRATOR: &str = "administrator@ad.example.com";
const ADMINISTRATORS_PASSWORD: &str = "Of-an-admin1strator";
/// Plain and TLS; and of the global catalog, which it opens too.
const PORTS: [u16; 4] = [389, 636, 3268, 3269];

/// The one that tests share.
pub(super) static SAMBA: LazyLock<Server> = LazyLock::new(start);

fn start() -> Server {
    assert!(is_root(), "a domain controller has ports below 1024: this test has to run as root, as it does in CI");
    let (folder, address) = (folder("gk-samba-"), free_address());
    provision(folder.path(), address);
    let names = format!("IP:{address},IP:127.0.0.1,DNS:localhost");
    let certificates = Certificates::make_for(&folder.path().join("certificates"), &names);
    // It takes no key that others might read.
    let key = folder.path().join("certificates/server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let configuration = folder.path().join("etc/smb.conf");
    fs::write(&configuration, configured(folder.path(), address)).unwrap();
    let mut command = clean(&tool("samba"));
    command.arg("-s").arg(&configuration).args(["-F", "--no-process-group", "-M", "single", "--debuglevel=1"]);
    let part = Part::start("samba", &mut command, folder.path().join("samba.log"));
    wait_until("samba to listen", || TcpStream::connect((address, 636)).is_ok());
    let server = Server {
        kind: Kind::ActiveDirectory,
        certificates,
        tls: format!("{address}:636"),
        plain: format!("{address}:389"),
        top: TOP,
        root: (ADMINISTRATOR.to_owned(), ADMINISTRATORS_PASSWORD),
        folder,
        part,
    };
    server.change(&server.with_password("reader", PASSWORD, "userAccountControl: 66048"));
    server
}

impl Server {
    /// Who is added by an LDIF file at the top, with a password, which an Active Directory takes in its own writing only.
    pub(super) fn with_password(&self, name: &str, password: &str, more: &str) -> String {
        let written = format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        self.entry(
            &format!("cn={name},{}", self.top),
            name,
            &format!("unicodePwd:: {}\n{more}", STANDARD.encode(&written)),
        )
    }
}

/// An address of loopback where nobody has these ports.
fn free_address() -> Ipv4Addr {
    let [.., high, low] = std::process::id().to_be_bytes();
    let mut addresses = (2..250).map(|last| Ipv4Addr::new(127, 64 | (high & 63), low, last));
    let free = |address: &Ipv4Addr| PORTS.iter().all(|&port| TcpListener::bind((*address, port)).is_ok());
    addresses.find(free).expect("an address of loopback is free")
}

fn provision(folder: &Path, address: Ipv4Addr) {
    let mut command = clean(&tool("samba-tool"));
    command.args(["domain", "provision", "--realm=AD.EXAMPLE.COM", "--domain=AD", "--server-role=dc"]);
    command.args(["--dns-backend=NONE", "--host-name=dc1", &format!("--host-ip={address}")]);
    command.arg(format!("--adminpass={ADMINISTRATORS_PASSWORD}")).arg(format!("--targetdir={}", folder.display()));
    Said::by(&mut command).done();
}

/// LDAP alone of all its services, on this address alone, and everything it writes in the folder.
fn configured(folder: &Path, address: Ipv4Addr) -> String {
    let mut text = format!(
        "[global]\nnetbios name = DC1\nrealm = AD.EXAMPLE.COM\nworkgroup = AD\n\
         server role = active directory domain controller\nserver services = ldap\ndcerpc endpoint servers =\n\
         interfaces = {address}/8\nbind interfaces only = yes\ntls enabled = yes\nlogging = file\n"
    );
    let places = [
        ("private dir", "private"),
        ("state directory", "state"),
        ("cache directory", "cache"),
        ("lock directory", "lock"),
        ("pid directory", "run"),
        ("ncalrpc dir", "ncalrpc"),
        ("ntp signd socket directory", "ntp"),
    ];
    for (setting, place) in places {
        fs::create_dir_all(folder.join(place)).unwrap();
        _ = writeln!(text, "{setting} = {}", folder.join(place).display());
    }
    let files = [
        ("log file", "log.%m"),
        ("tls keyfile", "certificates/server.key"),
        ("tls certfile", "certificates/server.pem"),
        ("tls cafile", "certificates/ca.pem"),
    ];
    for (setting, file) in files {
        _ = writeln!(text, "{setting} = {}", folder.join(file).display());
    }
    text
}
