use super::*;

/// An element with this content.
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

fn nested(deep: usize, tag: u8) -> Vec<u8> {
    (0..deep).fold(vec![4, 0], |inner, _| wrapped(tag, &inner))
}

/// A message with this operation, and these controls.
fn message(operation: &[u8], controls: &[u8]) -> Vec<u8> {
    wrapped(SEQUENCE, &[&[2, 1, 7], operation, controls].concat())
}

#[test]
fn a_message_is_passed_on_whole_or_not_at_all() {
    let control = [wrapped(4, b"1.2.840.113556.1.4.319"), vec![1, 1, 0xff], wrapped(4, &nested(2, 0x30))].concat();
    let entry = message(&nested(5, 0x64), &wrapped(CONTROLS, &wrapped(0x30, &control)));
    assert_eq!(check(&entry), Ok(()));
    assert_eq!(message_length(&entry), Ok(Some(entry.len())));
    for cut in 0..entry.len() {
        assert!(matches!(message_length(&entry[..cut]), Ok(None | Some(_))), "{cut}");
        assert_eq!(check(&entry[..cut]), Err(Flaw::Malformed), "{cut}");
    }
    assert_eq!(check(&[&entry[..], &[0]].concat()), Err(Flaw::Malformed));
}

#[test]
fn what_is_nested_without_end_is_refused_also_in_the_value_of_a_control() {
    assert_eq!(check(&message(&nested(100_000, 0x30), &[])), Err(Flaw::TooDeep));
    let value = [wrapped(4, b"1.2"), wrapped(4, &nested(100_000, 0x30))].concat();
    assert_eq!(check(&message(&[0x65, 0], &wrapped(CONTROLS, &wrapped(0x30, &value)))), Err(Flaw::TooDeep));
}

#[test]
fn the_answer_to_an_extended_request_is_read_and_nothing_else_is_one() {
    let answer = |tag| message(&wrapped(tag, b"\x0a\x01\x34\x04\0\x04\x04busy"), &[]);
    assert_eq!(extended_result(&answer(0x78)), Some((52, "busy".to_owned())));
    assert_eq!(extended_result(&answer(0x61)), None);
    assert_eq!(extended_result(&message(&[0x78, 0], &[])), None);
    assert_eq!(extended_result(&[0x30, 0]), None);
}

#[test]
fn what_is_too_large_or_of_too_many_parts_is_refused() {
    assert_eq!(message_length(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Err(Flaw::TooLarge));
    let many = wrapped(0x64, &[5, 0].repeat(MOST_ELEMENTS));
    assert_eq!(check(&message(&many, &[])), Err(Flaw::TooLarge));
    for foreign in [&b"HTTP/1.1"[..], &[0x30, 0x80], &[0x30, 0x89], &[0x1f, 1], &[0x16, 3, 3]] {
        assert_eq!(message_length(foreign), Err(Flaw::Malformed), "{foreign:?}");
    }
}
