//! One operation of the API: what it takes, what it answers, and who may ask.

use serde_json::{Map, Value, json};

use super::schema::reference;

/// What operations are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    SigningIn,
    OwnAccount,
    Apps,
    Users,
    Groups,
    Properties,
    Sessions,
    Console,
    Administered,
    Requests,
    Access,
    Audit,
    Keys,
    Tables,
    Settings,
    Directories,
    System,
    About,
}

impl Tag {
    pub(crate) const ALL: [Self; 18] = [
        Self::SigningIn,
        Self::OwnAccount,
        Self::Apps,
        Self::Users,
        Self::Groups,
        Self::Properties,
        Self::Sessions,
        Self::Console,
        Self::Administered,
        Self::Requests,
        Self::Access,
        Self::Audit,
        Self::Keys,
        Self::Tables,
        Self::Settings,
        Self::Directories,
        Self::System,
        Self::About,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SigningIn => "Signing in",
            Self::OwnAccount => "Own account",
            Self::Apps => "Servers of apps",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Properties => "Properties",
            Self::Sessions => "Sessions",
            Self::Console => "Users by number",
            Self::Administered => "Apps and grants",
            Self::Requests => "Requests for access",
            Self::Access => "Who enters",
            Self::Audit => "Audit",
            Self::Keys => "API keys",
            Self::Tables => "Lists and tables",
            Self::Settings => "Settings",
            Self::Directories => "Directories",
            Self::System => "The system",
            Self::About => "This document",
        }
    }

    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::SigningIn => "By a code from a mail, for pages that speak JSON.",
            Self::OwnAccount => "What people see and change of themselves.",
            Self::Apps => "What the server of an app that is not behind nginx asks.",
            Self::Users => "People by user name or e-mail.",
            Self::Groups => "Groups and who is in them.",
            Self::Properties => "What apps keep about people, as text.",
            Self::Sessions => "Signing people out.",
            Self::Console => "People by number, a page at a time, and many at once.",
            Self::Administered => "What apps are, who may enter them, and who has changed that.",
            Self::Requests => "Who asks to enter an app.",
            Self::Access => "Why somebody enters an app or not, who does, and where.",
            Self::Audit => "What happened, and whether the record of it is whole.",
            Self::Keys => "Keys of programs, and people's own.",
            Self::Tables => "People that come in by a file, and what leaves as one.",
            Self::Settings => "What the installation is set to, and how it looks.",
            Self::Directories => "Where people come from besides this installation: LDAP and Active Directory.",
            Self::System => "Backups, and the keys that sign and seal.",
            Self::About => "What there is.",
        }
    }
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Anybody,
    Person,
    /// An administrator's session, not a key.
    Admin,
    /// The same, or a key with the scope.
    AdminOrKey(&'static str),
    Key(&'static str),
    /// Whoever administers the app; or a key with the scope, the app's own or any.
    AppAdminOrKey(&'static str),
    /// Whoever administers the app; or a key with the scope that is bound to it.
    AppAdmin(&'static str),
}

impl Access {
    /// Whom it takes, in words.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Anybody => "Anybody.".into(),
            Self::Person => "A signed-in person.".into(),
            Self::Admin => "An administrator's session; no key.".into(),
            Self::AdminOrKey(scope) => format!("An administrator's session, or a key with the scope {scope}."),
            Self::Key(scope) => format!("A key with the scope {scope}."),
            Self::AppAdminOrKey(scope) => {
                format!("Whoever administers the app, or a key with the scope {scope}: its own, or one of no app.")
            }
            Self::AppAdmin(scope) => {
                format!("Whoever administers the app, or a key of its own with the scope {scope}.")
            }
        }
    }

    fn security(self) -> Value {
        match self {
            Self::Anybody => json!([]),
            Self::Person | Self::Admin => json!([{ "session": [] }]),
            Self::AdminOrKey(_) | Self::AppAdminOrKey(_) | Self::AppAdmin(_) => {
                json!([{ "session": [] }, { "bearer": [] }, { "key": [] }])
            }
            Self::Key(_) => json!([{ "bearer": [] }, { "key": [] }]),
        }
    }
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) place: Place,
    pub(crate) name: &'static str,
    pub(crate) schema: Value,
    pub(crate) about: &'static str,
}

impl Parameter {
    fn described(&self) -> Value {
        let place = match self.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        };
        let needed = self.place == Place::Path;
        json!({ "in": place, "name": self.name, "required": needed, "schema": self.schema, "description": self.about })
    }
}

/// What is said of a file, and the types it may have.
type File = (&'static str, &'static [&'static str]);

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) tag: Tag,
    /// In small letters.
    pub(crate) method: &'static str,
    /// Below `/api`.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) about: &'static str,
    pub(crate) access: Access,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Value>,
    needs_body: bool,
    /// What the body is sent as.
    media: &'static str,
    /// A success is a file, of which it says so much.
    file: Option<File>,
    pub(crate) answers: Vec<(u16, &'static str, Value)>,
    /// What it refuses besides what every operation of its kind does.
    pub(crate) refuses: Vec<(u16, &'static str)>,
    /// The schema of its problems.
    problem: &'static str,
}

impl Operation {
    pub(super) fn new(
        tag: Tag,
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        access: Access,
    ) -> Self {
        Self {
            parameters: path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(in_path).collect(),
            problem: if path.starts_with("/v1/admin") { "Detail" } else { "ErrorText" },
            tag,
            method,
            path,
            summary,
            access,
            about: "",
            body: None,
            needs_body: false,
            media: JSON,
            file: None,
            answers: Vec::new(),
            refuses: Vec::new(),
        }
    }

    pub(super) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Problems are told as `{"detail": text}`.
    pub(super) fn with_detail(self) -> Self {
        Self { problem: "Detail", ..self }
    }

    pub(super) fn parameter(mut self, place: Place, name: &'static str, schema: Value, about: &'static str) -> Self {
        self.parameters.push(Parameter { place, name, schema, about });
        self
    }

    pub(super) fn query(self, name: &'static str, schema: Value, about: &'static str) -> Self {
        self.parameter(Place::Query, name, schema, about)
    }

    pub(super) fn body(self, schema: Value) -> Self {
        Self { body: Some(schema), needs_body: true, ..self }
    }

    /// A body that is no JSON.
    pub(super) fn body_as(self, media: &'static str, schema: Value) -> Self {
        Self { media, ..self.body(schema) }
    }

    /// Answers with a CSV, XLSX or JSON Lines file.
    pub(super) fn answers_file(self, about: &'static str) -> Self {
        const TABLES: &[&str] =
            &["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/x-ndjson"];
        Self { file: Some((about, TABLES)), ..self }
    }

    /// Answers with a file of no form that is known here.
    pub(super) fn answers_bytes(self, about: &'static str) -> Self {
        Self { file: Some((about, &["application/octet-stream"])), ..self }
    }

    pub(super) fn body_or_none(self, schema: Value) -> Self {
        Self { body: Some(schema), ..self }
    }

    pub(super) fn answers(mut self, status: u16, about: &'static str, schema: Value) -> Self {
        self.answers.push((status, about, schema));
        self
    }

    /// Answers with this, or with the same and why it is not in force yet.
    pub(super) fn changes(self, status: u16, about: &'static str, schema: Value) -> Self {
        let saved = "Saved, and not yet in force: the same, and `saved_not_yet_in_force` says why. It is tried again.";
        self.answers(status, about, schema.clone()).answers(202, saved, schema)
    }

    pub(super) fn refuses(mut self, status: u16, about: &'static str) -> Self {
        self.refuses.push((status, about));
        self
    }

    /// The path as it is asked for.
    pub(crate) fn whole_path(&self) -> String {
        format!("/api{}", self.path)
    }

    /// A name that is no other's: the method and the words of the path.
    pub(crate) fn id(&self) -> String {
        let words = self.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut id = self.method.to_owned();
        for word in words.skip(1) {
            id.push('-');
            id.push_str(word);
        }
        id
    }

    fn writes(&self) -> bool {
        self.method != "get"
    }

    /// Every status that is no success, and why: those of its kind, and its own.
    fn problems(&self) -> Vec<(u16, &'static str)> {
        let mut all = self.usual_problems();
        all.extend(&self.refuses);
        all.sort_unstable();
        all
    }

    /// What it refuses as every operation of its kind does.
    pub(crate) fn usual_problems(&self) -> Vec<(u16, &'static str)> {
        let known = self.access != Access::Anybody;
        let general = [
            (!self.parameters.is_empty() || self.writes(), 400, "Something is not of its form."),
            (known, 401, "Nobody known asks."),
            (known || self.writes(), 403, "The caller may not, or has to sign in again first."),
            (self.path.contains('{'), 404, "What is named is not there."),
            (true, 405, "The address does not take that kind of request."),
            (true, 408, "The request took too long."),
            (self.body.is_some(), 413, "The body is longer than 64 KiB."),
            (self.writes(), 415, "The request does not say that it is JSON."),
            (self.problem == "Detail", 422, "The values are not those that are needed."),
            (self.writes(), 429, "nginx: too many requests at once."),
            (true, 503, "Something is wrong on our side."),
        ];
        let general = general.into_iter().filter_map(|(meant, status, about)| meant.then_some((status, about)));
        let own = |status: u16| self.refuses.iter().any(|(own, _)| *own == status);
        general.filter(|(status, _)| !own(*status)).collect()
    }

    /// The operation as OpenAPI writes it.
    pub(super) fn described(&self) -> Value {
        let mut responses = Map::new();
        for (status, about, schema) in &self.answers {
            responses.insert(status.to_string(), json!({ "description": about, "content": content(schema) }));
        }
        if let Some((about, kinds)) = self.file {
            let file = json!({ "schema": { "type": "string", "format": "binary" } });
            let content = kinds.iter().map(|kind| ((*kind).to_owned(), file.clone())).collect::<Map<_, _>>();
            responses.insert("200".to_owned(), json!({ "description": about, "content": content }));
        }
        for (status, about) in self.problems() {
            let content = content(&reference(self.problem));
            responses.insert(status.to_string(), json!({ "description": about, "content": content }));
        }
        let about = format!("{} {}", self.access.words(), self.about);
        let parameters = self.parameters.iter().map(Parameter::described).collect::<Vec<_>>();
        let mut described = json!({
            "operationId": self.id(), "tags": [self.tag.name()], "summary": self.summary, "description": about.trim(),
            "security": self.access.security(), "parameters": parameters, "responses": responses,
        });
        if let (Some(body), Some(object)) = (&self.body, described.as_object_mut()) {
            object.insert(
                "requestBody".into(),
                json!({ "required": self.needs_body, "content": { self.media: { "schema": body } } }),
            );
        }
        described
    }
}

const JSON: &str = "application/json";

fn content(schema: &Value) -> Value {
    json!({ JSON: { "schema": schema } })
}

fn in_path(name: &'static str) -> Parameter {
    let like = |example: &str| json!({ "type": "string", "minLength": 1, "examples": [example] });
    let (schema, about) = match name {
        "username" => {
            (like("alice@example.com"), "User name or e-mail, percent-encoded: `corp\\jsmith` is `corp%5Cjsmith`.")
        }
        "id" => (json!({ "type": "integer", "minimum": 1, "examples": [2] }), "The number."),
        "slug" => (like("docs"), "The app."),
        "session" => (like("00112233445566778899aabbccddeeff"), "The session's number, 32 hex digits."),
        "table" => (json!({ "type": "string", "enum": ["users", "groups", "properties", "keys"] }), "Which table."),
        "setting" => (like("server.name"), "The key of the setting."),
        "app" => (like("reports"), "The app that keeps them, percent-encoded."),
        "key" => (like("theme"), "The key, percent-encoded."),
        _ => (like("staff"), "The name, percent-encoded."),
    };
    Parameter { place: Place::Path, name, schema, about }
}
