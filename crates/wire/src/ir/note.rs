//! What could not be carried: every loss has a note, and no loss is silent.

use std::fmt;

/// One loss or approximation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Where in the client's request: `messages[3].content[1]`, `seed`.
    pub path: String,
    /// What became of it, in words: `dropped: the target has no seed`.
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Notes beyond this many are only counted.
pub const MOST_NOTES: usize = 50;

/// The notes of one request. What is said twice is kept once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    kept: Vec<Note>,
    dropped: usize,
}

impl Notes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        let note = Note {
            path: path.into(),
            message: message.into(),
        };
        if self.kept.contains(&note) {
            return;
        }
        if self.kept.len() < MOST_NOTES {
            self.kept.push(note);
        } else {
            self.dropped += 1;
        }
    }

    /// How many there were, the ones only counted included.
    pub fn count(&self) -> usize {
        self.kept.len() + self.dropped
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.kept.iter()
    }

    pub fn into_vec(self) -> Vec<Note> {
        self.kept
    }
}
