//! Writing a table, as either kind of file.

use std::io::{self, Write};

use gk_service::service::Refusal;
use rust_xlsxwriter::{Format as Look, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use thiserror::Error;

use super::guard::guarded;
use super::{Format, Row, Sheet};

/// XLSX counts characters as UTF-16 does.
const MOST_UNITS: usize = 32_767;

/// Rows of XLSX besides the headings.
const MOST_ROWS: u32 = 1_048_575;

/// Why a table was not written.
#[derive(Debug, Error)]
pub(crate) enum Unwritten {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the file could not be written")]
    Io(#[from] io::Error),
    #[error("the CSV file could not be written")]
    Csv(#[from] csv::Error),
    #[error("the XLSX file could not be written")]
    Xlsx(#[from] XlsxError),
}

impl Sheet {
    /// Writes the whole file. Nothing is written before the first batch is there; of an XLSX file, before all are.
    pub(crate) fn write(self, format: Format, out: impl Write + Send) -> Result<(), Unwritten> {
        match format {
            Format::Csv => self.write_csv(out),
            Format::Xlsx => self.write_xlsx(out),
            Format::Lines => self.write_lines(out),
        }
    }

    fn write_csv(mut self, out: impl Write) -> Result<(), Unwritten> {
        let mut batch = self.batches.next().transpose()?;
        let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        file.write_record(&self.headings)?;
        while let Some(rows) = batch {
            for row in &rows {
                file.write_record(row.iter().map(|cell| guarded(cell).into_owned()))?;
            }
            batch = self.batches.next().transpose()?;
        }
        Ok(file.flush()?)
    }

    fn write_lines(mut self, mut out: impl Write) -> Result<(), Unwritten> {
        let mut batch = self.batches.next().transpose()?;
        let key = |heading: &String| heading.to_lowercase().replace(' ', "_");
        let keys = self.headings.iter().map(|heading| (key(heading), self.json.contains(&heading.as_str())));
        let keys = keys.collect::<Vec<_>>();
        while let Some(rows) = batch {
            for row in rows {
                let cells = keys.iter().zip(row).map(|((key, json), cell)| (key.clone(), value(cell, *json)));
                writeln!(out, "{}", Value::Object(cells.collect()))?;
            }
            batch = self.batches.next().transpose()?;
        }
        Ok(out.flush()?)
    }

    /// Rows are kept in a temporary file without a name until all are there: no more than one is in memory, and
    /// nothing stays behind whatever happens.
    fn write_xlsx(self, out: impl Write + Send) -> Result<(), Unwritten> {
        let mut book = Workbook::new();
        let text = Look::new().set_num_format("@").set_quote_prefix();
        let heading = Look::new().set_bold();
        let sheet = book.add_worksheet_with_constant_memory()?.set_name(&self.title)?;
        sheet.set_freeze_panes(1, 0)?;
        for column in (0..).take(self.headings.len()) {
            sheet.set_column_width(column, 24)?;
        }
        write_row(sheet, 0, &self.headings, &heading)?;
        let mut number = 1;
        for rows in self.batches {
            for row in rows? {
                if number > MOST_ROWS {
                    let full = "the table has more rows than XLSX holds: take it as CSV";
                    return Err(Refusal::Conflict(full.into()).into());
                }
                write_row(sheet, number, &row, &text)?;
                number += 1;
            }
        }
        Ok(book.save_to_writer(out)?)
    }
}

/// A cell of a line of JSON.
fn value(cell: String, json: bool) -> Value {
    match json {
        true if cell.is_empty() => Value::Null,
        true => serde_json::from_str(&cell).unwrap_or(Value::String(cell)),
        false => Value::String(cell),
    }
}

fn write_row(sheet: &mut Worksheet, number: u32, row: &Row, look: &Look) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(row) {
        sheet.write_string_with_format(number, column, within_limit(cell), look)?;
    }
    Ok(())
}

/// The cell, or as much of it as fits, cut at a character.
fn within_limit(cell: &str) -> &str {
    let mut units = 0;
    let too_long = |(_, c): &(usize, char)| {
        units += c.len_utf16();
        units > MOST_UNITS
    };
    let end = cell.char_indices().find(too_long).map_or(cell.len(), |(at, _)| at);
    cell.get(..end).unwrap_or(cell)
}
