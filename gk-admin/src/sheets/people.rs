//! Reading people from a CSV file: whatever a spreadsheet saves as CSV in UTF-8, and what is typed by hand.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};
use gk_service::service::Refusal;
use gk_service::service::import::{Line, MOST_LINES};
use thiserror::Error;

use super::guard::unguarded;

/// A file may be so long.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Why a file cannot be read at all. That a line cannot be taken is for the import to say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unreadable {
    #[error("the file has more than 16 MiB")]
    TooLong,
    #[error("a list has at most 100,000 lines: divide it")]
    TooMany,
    #[error("line {0} is not text in UTF-8: save the file as CSV UTF-8")]
    NotText(usize),
    #[error("the list is empty: its first line names the columns, such as username,email,fullname")]
    Empty,
    #[error("the first line must name the columns, such as username,email,fullname; one of them must be email")]
    NoColumns,
    #[error("the first line names the column {0} twice")]
    TwoColumns(&'static str),
    #[error("line {0} cannot be read as CSV")]
    Broken(u64),
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        Self::Invalid(unreadable.to_string())
    }
}

/// Which cell of a line is what.
struct Columns {
    username: Option<usize>,
    email: usize,
    fullname: Option<usize>,
}

/// The people of a CSV file. The first line names the columns, in any order; others than `username`, `email` and
/// `fullname` are passed over. Cells are separated by commas, semicolons or tabs, whichever the first line shows.
pub(crate) fn people(file: &[u8]) -> Result<Vec<Line>, Unreadable> {
    let text = text_of(file)?;
    let (separator, columns) = headings(&text)?;
    let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    reader.headers().map_err(|_| Unreadable::Broken(1))?;
    let (mut lines, mut record) = (Vec::new(), StringRecord::new());
    // Counted by the ends of lines, so that a number leads to the place in any editor.
    let mut ends = LineEnds { text: text.as_bytes(), at: 0, line: 1 };
    loop {
        let begins = reader.position().byte();
        match reader.read_record(&mut record) {
            Ok(true) if lines.len() == MOST_LINES => return Err(Unreadable::TooMany),
            Ok(true) => lines.push(columns.line(ends.number_at(begins), &record)),
            Ok(false) => return Ok(lines),
            Err(_) => return Err(Unreadable::Broken(ends.number_at(begins))),
        }
    }
}

/// The file as text whose lines end as they do today, without a byte order mark.
fn text_of(file: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    if file.len() > MOST_BYTES {
        return Err(Unreadable::TooLong);
    }
    let line_at = |end: usize| file.iter().take(end).filter(|byte| **byte == b'\n').count() + 1;
    let text = std::str::from_utf8(file).map_err(|error| Unreadable::NotText(line_at(error.valid_up_to())))?;
    // A character of no text shows that this is a file of another kind, or in another encoding.
    if let Some(at) = text.find('\0') {
        return Err(Unreadable::NotText(line_at(at)));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    // Older machines end lines so, and then in no other way.
    let is_older = !text.contains('\n') && text.contains('\r');
    Ok(if is_older { Cow::Owned(text.replace('\r', "\n")) } else { Cow::Borrowed(text) })
}

/// The separator by which the first line has a column for e-mail, and where the columns are.
fn headings(text: &str) -> Result<(u8, Columns), Unreadable> {
    for separator in [b',', b';', b'\t'] {
        let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
        let Ok(first) = reader.headers() else { continue };
        if let Some(columns) = Columns::of(first)? {
            return Ok((separator, columns));
        }
    }
    Err(Unreadable::NoColumns)
}

impl Columns {
    /// `None` if none is for the e-mail, or if a heading looks like several: then it was split in the wrong places.
    fn of(first: &StringRecord) -> Result<Option<Self>, Unreadable> {
        if first.iter().any(|heading| heading.contains([',', ';', '\t'])) {
            return Ok(None);
        }
        let names = first.iter().map(plain).collect::<Vec<_>>();
        let place = |name: &'static str| {
            let mut places = names.iter().enumerate().filter(|(_, found)| *found == name).map(|(place, _)| place);
            match (places.next(), places.next()) {
                (place, None) => Ok(place),
                (_, Some(_)) => Err(Unreadable::TwoColumns(name)),
            }
        };
        let (username, email, fullname) = (place("username")?, place("email")?, place("fullname")?);
        Ok(email.map(|email| Self { username, email, fullname }))
    }

    fn line(&self, number: u64, record: &StringRecord) -> Line {
        let cell = |place: usize| record.get(place).map(|cell| unguarded(cell).into_owned()).unwrap_or_default();
        Line { number, username: self.username.map(cell), email: cell(self.email), fullname: self.fullname.map(cell) }
    }
}

/// A heading without case and what stands between its words: `Full Name`, `E-Mail`.
fn plain(heading: &str) -> String {
    let letters = heading.chars().filter(|c| !matches!(c, ' ' | '-' | '_'));
    letters.collect::<String>().to_ascii_lowercase()
}

/// Numbers the lines of a text from 1, going forward only.
struct LineEnds<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl LineEnds<'_> {
    /// The line of the first text from this byte on: empty lines belong to nothing.
    fn number_at(&mut self, byte: u64) -> u64 {
        let begins = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.at).filter(|byte| self.at < begins || matches!(byte, b'\r' | b'\n')) {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as `number: username|email|fullname`, `-` for a column that is not there.
    fn read(file: impl AsRef<[u8]>) -> Result<Vec<String>, Unreadable> {
        let shown = |cell: Option<String>| cell.unwrap_or_else(|| "-".into());
        let line =
            |line: Line| format!("{}: {}|{}|{}", line.number, shown(line.username), line.email, shown(line.fullname));
        people(file.as_ref()).map(|lines| lines.into_iter().map(line).collect())
    }

    #[test]
    fn columns_in_any_order_with_any_separator_are_found() {
        let same = Ok(vec!["2: a|a@b.c|A, B".to_owned()]);
        for file in [
            "username,email,fullname\na,a@b.c,\"A, B\"\n",
            "\u{feff}username,email,fullname\r\na,a@b.c,\"A, B\"",
            "email;Full Name;User-Name\na@b.c;A, B;a",
            "FULLNAME\tE-Mail\tusername\rA, B\ta@b.c\ta\r",
            "\"username\",\"groups\",\"email\",\"fullname\"\na,\"x;y\",a@b.c,\"A, B\"\n\n",
        ] {
            assert_eq!(read(file), same, "{file:?}");
        }
        assert_eq!(read("email\na@b.c\n"), Ok(vec!["2: -|a@b.c|-".into()]));
        assert_eq!(read("username,email,fullname\n"), Ok(vec![]));
    }

    #[test]
    fn lines_are_numbered_as_an_editor_numbers_them() {
        let file = "\r\nusername,email,fullname\r\n\r\na,a@b.c,\"two\r\nlines\"\r\n\r\n\r\nb,b@b.c\r\nc\r\n";
        assert_eq!(read(file), Ok(vec!["4: a|a@b.c|two\r\nlines".into(), "8: b|b@b.c|".into(), "9: c||".into()]));
    }

    #[test]
    fn guards_are_taken_off() {
        let file = "username,email,fullname\n'-a,a@b.c,'=cmd|x\n'b,b@b.c,'quoted'\n";
        assert_eq!(read(file), Ok(vec!["2: -a|a@b.c|=cmd|x".into(), "3: 'b|b@b.c|'quoted'".into()]));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for (file, why) in [
            (&b""[..], Unreadable::Empty),
            (b"\xef\xbb\xbf \r\n", Unreadable::Empty),
            (b"alice,a@b.c,Alice\n", Unreadable::NoColumns),
            (b"email;username,fullname\n", Unreadable::NoColumns),
            (b"email,username,E-Mail\n", Unreadable::TwoColumns("email")),
            (b"email\na@b.c\nZo\xeb\n", Unreadable::NotText(3)),
            (b"email\nx\0\n", Unreadable::NotText(2)),
            (b"\xff\xfee\0m\0", Unreadable::NotText(1)),
        ] {
            assert_eq!(read(file), Err(why), "{file:?}");
        }
        assert_eq!(read(vec![b'x'; MOST_BYTES + 1]), Err(Unreadable::TooLong));
        let lines =
            |count: usize| people(format!("email\n{}", "x\n".repeat(count)).as_bytes()).map(|lines| lines.len());
        assert_eq!((lines(MOST_LINES), lines(MOST_LINES + 1)), (Ok(MOST_LINES), Err(Unreadable::TooMany)));
    }
}
