//! Which proxy configuration a check came through.

use std::fmt;

/// What the block of a protected app says of itself in `X-GK-Block`: the version of the template it was made from, and a
/// digest of the app's facts that it holds. Written `1-0f3a9c2e`; proves nothing, and is only for telling old blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockMark {
    pub version: u16,
    pub digest: u32,
}

impl BlockMark {
    /// Reads one as it is written; `None` for anything else. Byte by byte, since it is read on every check.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (rest, digest) = text.split_last_chunk::<8>()?;
        let (b'-', version) = rest.split_last()? else { return None };
        if version.is_empty() || version.len() > 5 || (version.len() > 1 && version.starts_with(b"0")) {
            return None;
        }
        let number = |sum: u32, byte: &u8| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'));
        let hex = |sum: u32, byte: &u8| match byte {
            b'0'..=b'9' => Some(sum << 4 | u32::from(byte - b'0')),
            b'a'..=b'f' => Some(sum << 4 | u32::from(byte - b'a' + 10)),
            _ => None,
        };
        let version = version.iter().try_fold(0, number)?;
        Some(Self { version: version.try_into().ok()?, digest: digest.iter().try_fold(0, hex)? })
    }
}

impl fmt::Display for BlockMark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{:08x}", self.version, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_is_read() {
        let mark = BlockMark { version: 1, digest: 0x0f3a_9c2e };
        for mark in [BlockMark { version: 0, digest: 0 }, BlockMark { version: u16::MAX, digest: u32::MAX }] {
            assert_eq!(BlockMark::parse(mark.to_string().as_bytes()), Some(mark));
        }
        assert_eq!((mark.to_string().as_str(), BlockMark::parse(b"1-0f3a9c2e")), ("1-0f3a9c2e", Some(mark)));
        for text in [
            "",
            "1",
            "1-",
            "-0f3a9c2e",
            "01-0f3a9c2e",
            "1-0F3A9C2E",
            "1-f3a9c2e",
            "65536-00000000",
            "70000-00000000",
            "+1-00000000",
            "1-+f3a9c2e",
            "00-00000000",
            "1-0f3a9c2e ",
            "12345678901-00000000",
            "é-00000000",
        ] {
            assert_eq!(BlockMark::parse(text.as_bytes()), None, "{text}");
        }
    }
}
