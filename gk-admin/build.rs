//! Names the style sheet after its content, so that browsers may keep it for ever and still get a new one.

use std::hash::{DefaultHasher, Hash, Hasher};

fn main() {
    let path = "src/ui/assets/style.css";
    println!("cargo:rerun-if-changed={path}");
    let mut hasher = DefaultHasher::new();
    std::fs::read(path).expect("the style sheet is part of the sources").hash(&mut hasher);
    println!("cargo:rustc-env=GK_STYLE_NAME=style.{:016x}.css", hasher.finish());
}
