//! Cookie headers.

use crate::cookie::{Cookies, SessionCookie};

/// What is passed on to us at most, by the README.
const MOST_BYTES: usize = 32 * 1024;

/// The input is the values of Cookie headers, one a line.
pub fn cookie(data: &[u8]) {
    let headers = data.split(|byte| *byte == b'\n').collect::<Vec<_>>();
    let mut cookies = Cookies::NONE;
    for header in &headers {
        cookies.read(header);
    }
    assert_eq!(cookies.session(), naive(&headers), "{headers:?}");
}

/// The same by the shortest words: every value of that name, without repetitions.
pub(super) fn naive<'q>(headers: &[&'q [u8]]) -> SessionCookie<'q> {
    if headers.iter().map(|header| header.len()).sum::<usize>() > MOST_BYTES {
        return SessionCookie::TooLong;
    }
    let pieces = headers.iter().flat_map(|header| header.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let mut values = pieces.filter_map(|piece| piece.strip_prefix(b"gk_session=")).collect::<Vec<_>>();
    values.sort_unstable();
    values.dedup();
    match values.as_slice() {
        [] => SessionCookie::Absent,
        [one] => SessionCookie::One(one),
        _ => SessionCookie::TwoThatDiffer,
    }
}
