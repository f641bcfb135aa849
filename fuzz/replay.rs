//! For tests: the saved inputs of a target, one a line in base64, through the function that cargo-fuzz calls.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Calls `target` with every input; one that fails is printed.
pub(crate) fn replay(corpus: &str, target: impl Fn(&[u8])) {
    for line in corpus.lines() {
        let input = STANDARD.decode(line).expect("base64, as make fuzz writes it");
        eprintln!("b\"{}\"", input.escape_ascii()); // shown when the test fails
        target(&input);
    }
    assert!(corpus.lines().count() >= 10, "the corpus is lost");
}
