//! What counts at a place: nginx hands directives down from `http` to `server` to `location`, and an inner level that
//! says anything of a kind replaces all of that kind.

use super::tree::Directive;

/// A block with all that stand around it, the outermost first.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'c> {
    levels: Vec<&'c [Directive]>,
}

/// How a location is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modifier {
    Prefix,
    /// `=`
    Exact,
    /// `^~`: no regular expression comes before it.
    Final,
    /// `~` and `~*`
    Regex,
    /// `@name`: reached from inside only.
    Named,
}

impl<'c> Scope<'c> {
    pub(crate) fn http(level: &'c [Directive]) -> Self {
        Self { levels: vec![level] }
    }

    /// Inside of this block.
    pub(crate) fn enter(&self, block: &'c Directive) -> Self {
        let levels = self.levels.iter().copied().chain([block.inside()]).collect();
        Self { levels }
    }

    /// What the innermost level that says anything of it says, in order. So a `proxy_set_header` of a location's own
    /// leaves nothing of its server's.
    pub(crate) fn list(&self, name: &str) -> Vec<&'c Directive> {
        let of_level = |level: &&'c [Directive]| level.iter().filter(|one| one.name == name).collect::<Vec<_>>();
        self.levels.iter().rev().map(of_level).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The directive that counts.
    pub(crate) fn one(&self, name: &str) -> Option<&'c Directive> {
        self.list(name).first().copied()
    }

    /// Its first argument; nothing if there is no such directive.
    pub(crate) fn value(&self, name: &str) -> &'c str {
        self.one(name).map_or("", |found| found.argument(0))
    }

    /// The header of this name that a `proxy_set_header` or `add_header` which counts sets.
    pub(crate) fn header(&self, directive: &str, name: &str) -> Option<&'c Directive> {
        self.list(directive).into_iter().find(|one| one.argument(0).eq_ignore_ascii_case(name))
    }

    /// What stands at this level itself.
    pub(crate) fn own(&self) -> &'c [Directive] {
        self.levels.last().copied().unwrap_or_default()
    }
}

impl Modifier {
    /// Of a `location` directive, with the path or pattern.
    pub(crate) fn of(location: &Directive) -> (Self, &str) {
        match (location.argument(0), location.argument(1)) {
            ("=", path) => (Self::Exact, path),
            ("^~", path) => (Self::Final, path),
            ("~" | "~*", pattern) => (Self::Regex, pattern),
            (name, "") if name.starts_with('@') => (Self::Named, name),
            (path, "") => joined(path),
            (path, _) => (Self::Prefix, path),
        }
    }
}

/// `location =/x` and `location ~^/x` are also written without a space.
fn joined(path: &str) -> (Modifier, &str) {
    let parts =
        [("=", Modifier::Exact), ("^~", Modifier::Final), ("~*", Modifier::Regex), ("~", Modifier::Regex)].into_iter();
    let mut found = parts.filter_map(|(sign, modifier)| path.strip_prefix(sign).map(|rest| (modifier, rest)));
    found.next().unwrap_or((Modifier::Prefix, path))
}
