//! Values of labels, and a limit on how many there are: each makes a time series somewhere.

use std::borrow::Cow;
use std::collections::HashSet;

/// A value that is written by us or comes from [`Names`].
pub(super) type Label = Cow<'static, str>;

/// There is none, such as the provider of a request that reached nobody.
pub(super) const NONE: &str = "none";
/// One of too many.
pub(super) const OTHER: &str = "other";
/// No model's or provider's id is longer.
const LONGEST: usize = 128;

/// Names that have a label of their own: the first ones that come, up to a limit.
#[derive(Debug)]
pub(super) struct Names {
    known: HashSet<String>,
    most: usize,
}

impl Names {
    pub(super) fn new(most: usize) -> Self {
        Self {
            known: HashSet::new(),
            most,
        }
    }

    /// The label of `name`, which gets one if there is room.
    pub(super) fn label(&mut self, name: &str) -> Label {
        if self.known.len() < self.most && name.len() <= LONGEST && !self.known.contains(name) {
            self.known.insert(name.to_owned());
        }
        self.known(name)
    }

    /// The label of `name`, if it has one.
    pub(super) fn known(&self, name: &str) -> Label {
        if self.known.contains(name) {
            name.to_owned().into()
        } else {
            OTHER.into()
        }
    }
}
