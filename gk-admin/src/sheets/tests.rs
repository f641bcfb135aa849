//! What is in a table comes out of both kinds of file as it was.

use std::io::Cursor;

use axum::body::to_bytes;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use calamine::{Data, Reader, Xlsx};
use gk_service::service::Refusal;

use super::guard::unguarded;
use super::*;

/// Cells that spreadsheets and formats are known to stumble over.
fn nasty() -> Vec<String> {
    let mut cells = [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2",
        "@SUM(A1:A9)",
        "\t=1",
        "\r=1",
        "  =1",
        "'=1",
        "a;=1",
        "two\r\nlines\rand\nmore",
        "\ttab\t",
        " padded ",
        "\"quoted\", and more",
        "\u{1f469}\u{200d}\u{1f4bb} \u{1f642} Zo\u{eb}",
        "1234567890123456789",
        "0042",
        "TRUE",
        "2026-01-01",
        "<b>&amp;</b>",
        "_x000D_",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    cells.push("x".repeat(32_767));
    cells
}

fn sheet(rows: Vec<Row>) -> Sheet {
    Sheet::new("users", &["One", "Two"], rows.into_iter().map(|row| Ok(vec![row])))
}

fn written(sheet: Sheet, format: Format) -> Vec<u8> {
    let mut bytes = Vec::new();
    sheet.write(format, &mut bytes).unwrap();
    bytes
}

/// Every row of the file's one sheet; no cell of it is anything but text.
fn read_xlsx(bytes: Vec<u8>) -> Vec<Row> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["users"]);
    let formulas = book.worksheet_formula("users").unwrap();
    assert!(formulas.used_cells().next().is_none(), "{formulas:?}");
    let cell = |data: &Data| match data {
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => panic!("no text: {other:?}"),
    };
    let range = book.worksheet_range("users").unwrap();
    range.rows().map(|row| row.iter().map(cell).collect()).collect()
}

fn read_csv(bytes: &[u8]) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let records = reader.records().map(|record| record.unwrap());
    records.map(|record| record.iter().map(|cell| unguarded(cell).into_owned()).collect()).collect()
}

#[test]
fn every_cell_comes_back_from_both_kinds_of_file() {
    let rows = nasty().into_iter().map(|cell| vec![cell, "end".into()]).collect::<Vec<_>>();
    let whole = [vec![vec!["One".to_owned(), "Two".into()]], rows.clone()].concat();
    assert_eq!(read_csv(&written(sheet(rows.clone()), Format::Csv)), whole);
    assert_eq!(read_xlsx(written(sheet(rows), Format::Xlsx)), whole);
}

#[test]
fn characters_that_xml_cannot_hold_are_written_as_the_format_does() {
    let controls = (0..0x20).filter_map(char::from_u32).chain(['\u{7f}', '\u{fffe}', '\u{ffff}']).collect::<String>();
    let rows = vec![vec![controls.clone(), "_x0041_".to_owned()]];
    let read = read_xlsx(written(sheet(rows.clone()), Format::Xlsx));
    assert_eq!(read.last(), rows.first());
    assert_eq!(read_csv(&written(sheet(rows.clone()), Format::Csv)).last(), rows.first());
}

#[test]
fn a_cell_that_is_too_long_for_xlsx_is_cut_at_a_character() {
    let long = format!("{}\u{1f642}", "x".repeat(32_766));
    let read = read_xlsx(written(sheet(vec![vec![long.clone(), "y".repeat(40_000)]]), Format::Xlsx));
    assert_eq!(read.last(), Some(&vec!["x".repeat(32_766), "y".repeat(32_767)]));
    let csv = read_csv(&written(sheet(vec![vec![long.clone(), String::new()]]), Format::Csv));
    assert_eq!(csv.last(), Some(&vec![long, String::new()]));
}

#[test]
fn csv_is_what_rfc_4180_says() {
    let rows = vec![vec!["a,\"b\"".into(), "c\nd".into()], vec!["=1".into(), "e".into()]];
    let text = String::from_utf8(written(sheet(rows), Format::Csv)).unwrap();
    assert_eq!(text, "One,Two\r\n\"a,\"\"b\"\"\",\"c\nd\"\r\n'=1,e\r\n");
}

#[tokio::test]
async fn an_answer_names_its_file_and_has_all_of_it() {
    for (format, kind) in [(Format::Csv, "text/csv"), (Format::Xlsx, "application/vnd.openxml")] {
        let rows = (0..20_000).map(|number| vec![format!("row {number}"), "x".repeat(20)]).collect::<Vec<_>>();
        let answer = answer(sheet(rows.clone()), format).await.unwrap();
        assert!(answer.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        let name = format!("attachment; filename=\"users.{}\"", format.extension());
        assert_eq!(answer.headers()[CONTENT_DISPOSITION], name);
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec();
        let read = if format == Format::Csv { read_csv(&bytes) } else { read_xlsx(bytes) };
        assert_eq!((read.len(), read.last()), (20_001, rows.last()));
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_of_its_own_and_later_ends_the_connection() {
    let refused = || Err(Refusal::Forbidden("an administrator"));
    for format in [Format::Csv, Format::Xlsx] {
        let sheet = Sheet::new("users", &["One"], std::iter::once_with(refused));
        assert!(matches!(answer(sheet, format).await, Err(Refusal::Forbidden(_))));
    }
    let batches = std::iter::once(Ok(vec![vec!["x".repeat(100_000)]])).chain(std::iter::once_with(refused));
    let begun = answer(Sheet::new("users", &["One"], batches), Format::Csv).await.unwrap();
    assert!(to_bytes(begun.into_body(), usize::MAX).await.is_err());
}

#[tokio::test]
async fn whoever_goes_away_ends_the_writing() {
    let (rows, pulled) = std::sync::mpsc::channel();
    let batches = std::iter::repeat_with(move || {
        rows.send(()).unwrap();
        Ok(vec![vec!["x".repeat(10_000)]])
    });
    let answer = answer(Sheet::new("users", &["One"], batches), Format::Csv).await.unwrap();
    drop(answer);
    // The iterator is endless: it is let go of only because nobody listens.
    tokio::task::spawn_blocking(move || while pulled.recv().is_ok() {}).await.unwrap();
}

#[test]
fn a_file_is_called_by_plain_letters() {
    let sheet = Sheet::new("us/../e\"r\r\ns", &[], std::iter::empty());
    assert_eq!(sheet.file_name(Format::Xlsx), "users.xlsx");
}
