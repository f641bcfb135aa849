//! Files and what they include: `nginx -T` prints each file once, behind a line that names it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::tree::{self, Directive};
use super::{BadConfig, Config, MOST_BYTES};

const MARKER: &str = "# configuration file ";
/// Blocks in blocks, and files that include files.
const MOST_DEPTH: usize = 100;
/// What a few files can grow to by including each other.
const MOST_DIRECTIVES: usize = 200_000;
/// Longer than any path.
const MOST_PATH: usize = 4096;

/// A file's name and text. The first is the one nginx starts with.
pub(super) type Section = (Rc<str>, String);

/// Parts what `nginx -T` printed into its files. What stands before the first marker is nginx's own talk; a text
/// without one is a file.
pub(super) fn sections(name: &str, text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.split_inclusive('\n') {
        let marked = line.trim_end().strip_prefix(MARKER).and_then(|rest| rest.strip_suffix(':'));
        match (marked, sections.last_mut()) {
            (Some(file), _) => sections.push((file.into(), String::new())),
            (None, Some((_, section))) => section.push_str(line),
            (None, None) => {}
        }
    }
    if sections.is_empty() { vec![(name.into(), text.to_owned())] } else { sections }
}

/// Reads a file, or all files of a folder with those below it.
pub(super) fn read(path: &Path) -> io::Result<Vec<Section>> {
    if !path.is_dir() {
        let text = read_file(path, MOST_BYTES)?;
        return Ok(sections(&path.to_string_lossy(), &text));
    }
    let (mut found, mut left) = (Vec::new(), MOST_BYTES);
    for file in files_below(path)? {
        let text = read_file(&file, left)?;
        left = left.saturating_sub(text.len() as u64);
        found.push((file.to_string_lossy().into(), text));
    }
    Ok(found)
}

fn read_file(path: &Path, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other("more than 16 MiB is no configuration"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// nginx.conf first if it is there, then by name.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            // A link to a folder may lead around in a circle.
            if path.is_dir() && !path.is_symlink() && folders.len() < 1000 {
                folders.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    let main = folder.join("nginx.conf");
    files.sort_by_key(|path| (*path != main, path.clone()));
    Ok(files)
}

/// Puts the files together. Those that none includes stand beside each other, unless there is one to start with.
pub(super) fn assemble(sections: Vec<Section>) -> Result<Config, BadConfig> {
    let parsed = |(name, text): Section| (Rc::clone(&name), tree::parse(&name, &text));
    let files = sections.into_iter().map(parsed).collect::<Vec<File>>();
    let base = files.first().and_then(|(name, _)| Path::new(&**name).parent()).map(Path::to_owned).unwrap_or_default();
    let mut assembly = Assembly { files: &files, base, unseen: Vec::new(), left: MOST_DIRECTIVES };
    let is_whole = |directives: &Vec<Directive>| directives.iter().any(|one| one.name == "http");
    let whole = files.first().is_some_and(|(_, found)| found.as_ref().map_or(true, is_whole));
    let counts =
        |(name, _): &&File| files.len() == 1 || Path::new(&**name).extension().is_some_and(|end| end == "conf");
    let begun = if whole { files.iter().take(1).collect() } else { files.iter().filter(counts).collect::<Vec<_>>() };
    let mut directives = Vec::new();
    for (_, found) in begun {
        directives.extend(assembly.expand(found.as_ref().map_err(Clone::clone)?, 0)?);
    }
    Ok(Config { directives, unseen: assembly.unseen })
}

/// One that nobody includes need not be a configuration.
type File = (Rc<str>, Result<Vec<Directive>, BadConfig>);

struct Assembly<'f> {
    files: &'f [File],
    /// What relative includes are relative to.
    base: PathBuf,
    unseen: Vec<Directive>,
    left: usize,
}

impl<'f> Assembly<'f> {
    /// The same directives with includes replaced by what they name.
    fn expand(&mut self, level: &'f [Directive], depth: usize) -> Result<Vec<Directive>, BadConfig> {
        let mut expanded = Vec::new();
        for directive in level {
            if self.left == 0 || depth > MOST_DEPTH {
                return Err(BadConfig::at(directive.place.line, "too much is included").in_file(&directive.place.file));
            }
            self.left -= 1;
            if directive.name == "include" {
                expanded.extend(self.included(directive, depth)?);
                continue;
            }
            let block = directive.block.as_ref().map(|inside| self.expand(inside, depth + 1)).transpose()?;
            let (name, arguments, place) =
                (directive.name.clone(), directive.arguments.clone(), directive.place.clone());
            expanded.push(Directive { name, arguments, block, place });
        }
        Ok(expanded)
    }

    fn included(&mut self, include: &Directive, depth: usize) -> Result<Vec<Directive>, BadConfig> {
        let wanted = self.base.join(include.argument(0));
        let pattern = wanted.to_string_lossy();
        let found = self.files.iter().filter(|(name, _)| matches(&pattern, name)).collect::<Vec<_>>();
        // A pattern may match nothing; a name may not.
        if found.is_empty() && !pattern.contains(['*', '?', '[']) {
            self.unseen.push(include.clone());
        }
        let mut all = Vec::new();
        for (_, directives) in found {
            all.extend(self.expand(directives.as_ref().map_err(Clone::clone)?, depth + 1)?);
        }
        Ok(all)
    }
}

/// Shell patterns as nginx takes them: `*` and `?` pass no `/`. A set in brackets is taken for any character.
fn matches(pattern: &str, name: &str) -> bool {
    if pattern.len() > MOST_PATH || name.len() > MOST_PATH {
        return false;
    }
    let (mut rest, mut pattern) = (name.chars().collect::<Vec<_>>(), pattern.chars().collect::<Vec<_>>());
    while let Some(start) = pattern.iter().position(|c| *c == '[') {
        let Some(length) = pattern.iter().skip(start).position(|c| *c == ']') else { break };
        pattern.splice(start..=start + length, ['?']);
    }
    rest.insert(0, '/');
    pattern.insert(0, '/');
    // reachable.get(i): whether the pattern so far matches the first i characters.
    let mut reachable = vec![false; rest.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        reachable = match wanted {
            '*' => starred(&reachable, &rest),
            '?' => moved(&reachable, &rest, |c| c != '/'),
            plain => moved(&reachable, &rest, |c| c == plain),
        };
    }
    reachable.last() == Some(&true)
}

fn moved(reachable: &[bool], text: &[char], fits: impl Fn(char) -> bool) -> Vec<bool> {
    std::iter::once(false).chain(reachable.iter().zip(text).map(|(before, c)| *before && fits(*c))).collect()
}

fn starred(reachable: &[bool], text: &[char]) -> Vec<bool> {
    let mut next = Vec::with_capacity(reachable.len());
    let mut reached = false;
    for (position, here) in reachable.iter().enumerate() {
        let passes = position.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|c| *c != '/');
        reached = *here || (reached && passes);
        next.push(reached);
    }
    next
}
