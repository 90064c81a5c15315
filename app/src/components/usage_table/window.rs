//! The rows in sight. Long tables are drawn a window at a time, with empty space for the rest.
//!
//! The first drawing, and the only one without scripts, is a page of [`PAGE`] rows from where the URL says.

/// More rows than these are not drawn all at once.
pub(crate) const PAGE: usize = 200;
/// Rows drawn above and below what is in sight.
const MARGIN: usize = 15;

/// What is drawn: rows `start..end`, and how high the rest would be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Of a row, in pixels; 0 until the browser has measured one.
    pub(super) height: f64,
}

impl Window {
    pub(crate) fn page(at: usize) -> Self {
        Self {
            start: at,
            end: at + PAGE,
            height: 0.0,
        }
    }

    /// The rows in sight of a box that is scrolled to `top` and is `room` high.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of rows"
    )]
    #[cfg_attr(
        not(any(feature = "hydrate", test)),
        expect(dead_code, reason = "only browsers scroll")
    )]
    pub(super) fn in_sight(top: f64, room: f64, height: f64) -> Self {
        let first = (top / height).max(0.0) as usize;
        let rows = (room / height).ceil() as usize;
        // Windows move in steps, so that little scrolling changes nothing.
        let start = first.saturating_sub(MARGIN) / MARGIN * MARGIN;
        Self {
            start,
            end: start + (rows / MARGIN + 4) * MARGIN,
            height,
        }
    }

    /// As much of it as there are rows.
    pub(crate) fn within(self, rows: usize) -> Self {
        if rows <= PAGE {
            return Self {
                start: 0,
                end: rows,
                height: 0.0,
            };
        }
        let end = self.end.min(rows);
        Self {
            start: self.start.min(end.saturating_sub(1)),
            end,
            ..self
        }
    }

    /// The heights of what is above and below, of so many rows.
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    pub(crate) fn space(self, rows: usize) -> (f64, f64) {
        let high = |rows: usize| rows as f64 * self.height;
        (high(self.start), high(rows.saturating_sub(self.end)))
    }

    pub(crate) fn is_measured(self) -> bool {
        self.height > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGE, Window};

    #[test]
    fn a_short_table_is_drawn_whole() {
        let window = Window::page(40).within(PAGE);
        assert_eq!((window.start, window.end), (0, PAGE));
        assert!(!window.is_measured());
    }

    #[test]
    fn a_long_one_begins_with_a_page() {
        let window = Window::page(200).within(10_000);
        assert_eq!((window.start, window.end), (200, 400));
        let past = Window::page(20_000).within(10_000);
        assert!(past.start < past.end && past.end == 10_000);
    }

    #[test]
    fn what_is_in_sight_is_drawn_with_a_margin_and_space_for_the_rest() {
        for top in [0.0, 41.0, 3_999.0, 4_000.0, 200_000.0, 399_300.0] {
            let window = Window::in_sight(top, 700.0, 40.0).within(10_000);
            let first = top / 40.0;
            assert!((window.start as f64) <= first, "{top}: {window:?}");
            assert!(
                (window.end as f64) >= (first + 18.0).min(10_000.0),
                "{top}: {window:?}"
            );
            let (above, below) = window.space(10_000);
            let drawn = (window.end - window.start) as f64 * 40.0;
            assert!((above + drawn + below - 400_000.0).abs() < 1e-6);
            assert!(window.end - window.start <= 120);
        }
    }
}
