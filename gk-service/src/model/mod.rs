//! What the verbs return: plain data, parsed once.

mod api_key;
mod app;
mod audit;
mod callback_url;
mod destination;
mod details;
mod directory;
mod forward_to;
mod invitation;
mod language;
mod mail;
mod open_path;
mod origin;
mod people;
mod property;
mod purpose;
mod request;
mod return_to;
mod user;
mod user_agent;

pub use api_key::{ApiKey, KeyApps, KeyReach, KeyState, Scopes};
pub use app::{App, Grant, Group, GroupKind, Holder, RoleList, SeenBlock, WhichGrants};
pub use audit::{AuditEntry, AuditFilter, AuditPart};
pub use callback_url::{BadCallback, CallbackUrl};
pub use destination::{AppPlace, Destination, Wish};
pub use details::{Detail, Details};
pub use directory::{
    Account, BadLabel, BadUri, Directory, DirectoryLabel, DirectoryPerson, DirectoryRun, DirectoryUri, Dn, Found,
    FoundGroup, GroupMode, RunOutcome, RunPerson, RunState, Security,
};
pub use forward_to::ForwardTo;
pub use invitation::{Invitation, InvitationState, InvitedApp};
pub use language::Language;
pub use mail::{MailEntry, MailKind, MailState, SuppressedBy, Suppression, Template};
pub use open_path::{BadOpenPath, Network, OpenPath, Reach};
pub use origin::{BadOrigin, Origin};
pub use people::{Direction, Part, UserFilter, UserOrder, UserSort};
pub use property::{BadProperty, Property, PropertyName, PropertyType};
pub use purpose::Purpose;
pub use request::{AccessRequest, BadRemark, Held, Remark, RequestState};
pub use return_to::{Hosts, ReturnTo};
pub use user::{EmailChange, Session, Status, User};
pub use user_agent::in_words;
