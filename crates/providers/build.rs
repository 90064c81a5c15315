//! Lists `catalog/*.toml` into one array, so that a new provider needs no other edit.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // Asked when it runs: a cached build script may have been compiled in another clone.
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("catalog");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = fs::read_dir(&root)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    let mut source = String::from(
        "/// Every catalogue file: its name and its text.\npub(crate) const CATALOG: &[(&str, &str)] = &[\n",
    );
    for path in files {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        writeln!(
            source,
            "    ({name:?}, include_str!({:?})),",
            path.display()
        )
        .map_err(io::Error::other)?;
    }
    source.push_str("];\n");
    fs::write(
        PathBuf::from(variable("OUT_DIR")?).join("catalog.rs"),
        source,
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo talks to a build script this way"
)]
fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}
