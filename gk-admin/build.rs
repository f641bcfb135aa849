//! Names files that pages load after their content, so that browsers may keep them for ever and still get new ones.

use std::hash::{DefaultHasher, Hash, Hasher};

fn main() {
    for (variable, stem, ending) in [("GK_STYLE_NAME", "style", "css"), ("GK_CONSOLE_NAME", "console", "js")] {
        let path = format!("src/ui/assets/{stem}.{ending}");
        println!("cargo:rerun-if-changed={path}");
        let mut hasher = DefaultHasher::new();
        std::fs::read(&path).expect("what pages load is part of the sources").hash(&mut hasher);
        println!("cargo:rustc-env={variable}={stem}.{:016x}.{ending}", hasher.finish());
    }
}
