//! Tells the program where the built site lies, so that a release can carry it.

use std::path::PathBuf;

#[expect(
    clippy::disallowed_methods,
    reason = "cargo and cargo-leptos talk to a build script this way"
)]
fn variable(name: &str) -> Option<String> {
    println!("cargo:rerun-if-env-changed={name}");
    std::env::var(name).ok()
}

fn main() {
    // Asked when it runs: a cached build script may have been compiled in another clone.
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let site =
        variable("LEPTOS_SITE_ROOT").map_or_else(|| PathBuf::from("target/site"), PathBuf::from);
    // An absolute path stays what it is.
    let site = workspace.join(site);
    println!("cargo:rerun-if-changed={}", site.display());
    println!("cargo:rustc-env=NINEROUTER_SITE={}", site.display());
}
