//! The pieces pages are made of. A component shows; it fetches nothing.

pub(crate) mod budget;
pub(crate) mod button;
pub(crate) mod chart;
pub(crate) mod choice;
pub(crate) mod clock;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod dry;
pub(crate) mod each;
pub(crate) mod error;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod layout;
pub(crate) mod modal;
pub(crate) mod nav;
pub(crate) mod note_list;
pub(crate) mod picker;
pub(crate) mod recent_requests;
pub(crate) mod skeleton;
pub(crate) mod switch;
pub(crate) mod theme;
pub(crate) mod tick;
pub(crate) mod time;
pub(crate) mod toast;
pub(crate) mod usage_cards;
pub(crate) mod usage_table;
