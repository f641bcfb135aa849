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
    /// Reads one as it is written; `None` for anything else. Allocates nothing: it is read on every check.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, digest) = text.split_once('-')?;
        let plain = version == "0" || !version.starts_with(['0', '+']);
        let hex = digest.len() == 8 && digest.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let mark = Self { version: version.parse().ok()?, digest: u32::from_str_radix(digest, 16).ok()? };
        (plain && hex).then_some(mark)
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
        assert_eq!((mark.to_string().as_str(), BlockMark::parse("1-0f3a9c2e")), ("1-0f3a9c2e", Some(mark)));
        for text in [
            "",
            "1",
            "1-",
            "-0f3a9c2e",
            "01-0f3a9c2e",
            "1-0F3A9C2E",
            "1-f3a9c2e",
            "70000-00000000",
            "+1-00000000",
            "1-+f3a9c2e",
            "00-00000000",
        ] {
            assert_eq!(BlockMark::parse(text), None, "{text}");
        }
    }
}
