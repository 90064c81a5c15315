//! Where the fixtures are.

use std::path::Path;

/// The files in `fixtures/<folder>`, in order, by their names.
pub(crate) fn fixtures(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut fixtures: Vec<(String, Vec<u8>)> = root
        .join(folder)
        .read_dir()
        .expect("there are fixtures")
        .map(|entry| {
            let path = entry.expect("a fixture is listed").path();
            let name = path.file_stem().expect("a fixture has a name");
            let body = std::fs::read(&path).expect("a fixture is readable");
            (name.to_string_lossy().into_owned(), body)
        })
        .collect();
    fixtures.sort();
    assert!(!fixtures.is_empty(), "{folder} is empty");
    fixtures
}
