//! Where an installation's files are: flag, then environment, then the usual places.

use std::path::{Path, PathBuf};

use clap::Args;
use gk_service::{KeyFile, Paths};
use gk_shared::environment::Environment;

/// The flags that name files; the same on every command.
#[derive(Args, Clone, Debug, Default)]
pub struct PlaceFlags {
    /// The database [GATEKEEPER_DB; else ./instance/gatekeeper.sqlite3 if it exists, else /var/lib/gatekeeper/gatekeeper.sqlite3]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Common options")]
    db: Option<PathBuf>,
    /// The policy file that gk-validate reads [GATEKEEPER_POLICY; the database remembers it]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Common options")]
    policy: Option<PathBuf>,
    /// The root key [GATEKEEPER_KEY_FILE; else gatekeeper.key in $CREDENTIALS_DIRECTORY, else beside the database]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Common options")]
    key: Option<PathBuf>,
}

impl PlaceFlags {
    /// Whether any file is named.
    pub(crate) fn names_any(&self) -> bool {
        self.db.is_some() || self.policy.is_some() || self.key.is_some()
    }

    /// Resolves flags, environment and defaults.
    pub(crate) fn paths(&self, environment: &Environment) -> Paths {
        let named =
            |flag: &Option<PathBuf>, variable| flag.clone().or_else(|| environment.get(variable).map(PathBuf::from));
        let database = named(&self.db, "GATEKEEPER_DB").unwrap_or_else(usual_database);
        let key = named(&self.key, "GATEKEEPER_KEY_FILE").unwrap_or_else(|| usual_key(environment, &database));
        Paths { policy: named(&self.policy, "GATEKEEPER_POLICY"), key: KeyFile::at(key), database }
    }
}

/// Where an installed Gatekeeper keeps everything. The package's tmpfiles make it, with the owners it needs.
pub(crate) const INSTALLED: &str = "/var/lib/gatekeeper";

fn usual_database() -> PathBuf {
    let local = Path::new("./instance/gatekeeper.sqlite3");
    if local.exists() { local.to_owned() } else { Path::new(INSTALLED).join("gatekeeper.sqlite3") }
}

fn usual_key(environment: &Environment, database: &Path) -> PathBuf {
    let credential = environment.get("CREDENTIALS_DIRECTORY").map(|folder| Path::new(folder).join("gatekeeper.key"));
    let beside = || database.parent().unwrap_or(Path::new(".")).join("gatekeeper.key");
    credential.filter(|path| path.exists()).unwrap_or_else(beside)
}
