//! A small line without axes. Decoration: the figures stand beside it.

use leptos::prelude::*;

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;

#[component]
pub(crate) fn Sparkline(#[prop(into)] points: Signal<Vec<Option<f64>>>) -> impl IntoView {
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path d=move || points.with(|points| path(points)) vector-effect="non-scaling-stroke"/>
        </svg>
    }
}

/// A line through the points that there are.
#[expect(clippy::cast_precision_loss, reason = "a drawing has few points")]
fn path(points: &[Option<f64>]) -> String {
    let most = points.iter().flatten().copied().fold(0.0, f64::max);
    let step = WIDTH / (points.len().max(2) - 1) as f64;
    let mut path = String::new();
    let mut is_drawing = false;
    for (number, point) in points.iter().enumerate() {
        let Some(point) = point else {
            is_drawing = false;
            continue;
        };
        let high = if most > 0.0 { point / most } else { 0.0 };
        let y = (1.0 - high).mul_add(HEIGHT - 2.0, 1.0);
        let letter = if is_drawing { 'L' } else { 'M' };
        path.push_str(&format!("{letter}{:.1} {y:.1}", number as f64 * step));
        is_drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_line_goes_from_low_to_high_and_has_gaps() {
        assert_eq!(
            path(&[Some(0.0), Some(5.0), Some(10.0)]),
            "M0.0 23.0L50.0 12.0L100.0 1.0"
        );
        assert_eq!(path(&[Some(1.0), None, Some(1.0)]), "M0.0 1.0M100.0 1.0");
        assert_eq!(path(&[]), "");
    }
}
