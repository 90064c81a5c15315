//! How a window was used over the last day, as a small line. Decoration only: the words stand beside it.

use api::quota::Point;
use leptos::prelude::*;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 20.0;

#[component]
pub(crate) fn Line(points: Memo<Vec<Point>>) -> impl IntoView {
    move || {
        points.with(|points| path(points)).map(|path| {
            view! {
                <svg class="quota-line" viewBox="0 0 96 20" aria-hidden="true" focusable="false">
                    <path d=path></path>
                </svg>
            }
        })
    }
}

/// From left to right in time, from the bottom, nothing used, to the top.
fn path(points: &[Point]) -> Option<String> {
    let (first, last) = (points.first()?, points.last()?);
    let span = last.at.timestamp() - first.at.timestamp();
    if points.len() < 2 || span <= 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
    let place = |point: &Point| {
        let x = (point.at.timestamp() - first.at.timestamp()) as f64 / span as f64 * (WIDTH - 2.0);
        let y = (1.0 - point.used) * (HEIGHT - 2.0);
        format!("{:.1} {:.1}", x + 1.0, y + 1.0)
    };
    let places: Vec<String> = points.iter().map(place).collect();
    Some(format!("M{}", places.join("L")))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn point(second: i64, used: f64) -> Point {
        Point {
            at: DateTime::from_timestamp(second, 0).expect("a time"),
            used,
        }
    }

    #[test]
    fn a_line_needs_two_ends() {
        assert_eq!(path(&[]), None);
        assert_eq!(path(&[point(0, 0.5)]), None);
        assert_eq!(path(&[point(0, 0.5), point(0, 0.6)]), None);
        let drawn = path(&[point(0, 0.0), point(50, 0.5), point(100, 1.0)]);
        assert_eq!(drawn.as_deref(), Some("M1.0 19.0L48.0 10.0L95.0 1.0"));
    }
}
