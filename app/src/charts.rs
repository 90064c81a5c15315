//! Browser only: typed lines become a chart, and the chart lives and dies with its place.
//!
//! No formatter is a piece of script: the content security policy forbids to evaluate one.

use api::usage::query::{Measure, Step};
use api::usage::table::UsageSeries;
use charming::Chart;
use charming::component::{Axis, Grid, Legend, LegendType};
use charming::datatype::DataFrame;
use charming::element::{
    AxisLabel, AxisLine, AxisPointer, AxisPointerType, AxisTick, AxisType, Color, ItemStyle,
    LineStyle, SplitLine, TextStyle, Tooltip, Trigger,
};
use charming::renderer::wasm_renderer::{Echarts, WasmRenderer};
use charming::series::{Bar, Line};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::components::chart::named_lines;
use crate::components::figure::is_sum;
use crate::components::theme::use_theme;

const LIBRARY: &str = "/vendor/echarts.common.min.js";

/// What makes two drawings the same one with other figures.
#[derive(Debug, Clone, PartialEq)]
struct Shape {
    measure: Measure,
    lines: Vec<String>,
}

/// Draws into the place, again whenever what it shows changes, until the owner is cleaned up.
pub(crate) fn draw(place: NodeRef<Div>, series: Memo<Option<UsageSeries>>) {
    let is_loaded = load();
    let theme = use_theme();
    let system = follow_system_theme();
    follow_size(place);
    let drawn = StoredValue::new_local(None::<(Echarts, Shape)>);
    Effect::new(move |_| {
        theme.track();
        system.track();
        let (Some(place), Some(series)) = (place.get(), series.get()) else {
            return;
        };
        if !is_loaded.get() {
            return;
        }
        let colours = Colours::read(&place);
        let chart = over_time(&series, &colours);
        let shape = Shape {
            measure: series.query.measure,
            lines: named_lines(&series).map(|(name, _)| name).collect(),
        };
        let is_kept = drawn.with_value(|drawn| match drawn {
            Some((instance, before)) if *before == shape => {
                WasmRenderer::update(instance, &chart);
                true
            }
            Some(_) | None => false,
        });
        if !is_kept {
            dispose(&place);
            let instance = WasmRenderer::new_opt(None, None)
                .render(&place.id(), &chart)
                .ok();
            drawn.set_value(instance.map(|instance| (instance, shape)));
        }
    });
    on_cleanup(move || {
        if let Some(Some(place)) = place.try_get_untracked() {
            dispose(&place);
        }
    });
}

/// What is drawn, as data.
fn over_time(series: &UsageSeries, colours: &Colours) -> Chart {
    let measure = series.query.measure;
    let unit = Unit::of(measure);
    let mut palette = colours.series.to_vec();
    if series.other.is_some() {
        palette.truncate(series.lines.len());
        palette.push(colours.muted.clone());
    }
    let ink = |colour: &String| Color::Value(colour.clone());
    let mut chart = Chart::new()
        .color(palette.into_iter().map(Color::Value).collect())
        .grid(
            Grid::new()
                .left(8)
                .right(28)
                .top(40)
                .bottom(8)
                .contain_label(true),
        )
        .tooltip(
            Tooltip::new()
                .trigger(Trigger::Axis)
                .axis_pointer(AxisPointer::new().type_(AxisPointerType::Shadow))
                .background_color(ink(&colours.raised))
                // Its text takes its colour from the style sheet.
                .border_color(ink(&colours.line)),
        )
        .legend(
            Legend::new()
                .type_(LegendType::Scroll)
                .left(0)
                .text_style(TextStyle::new().color(ink(&colours.muted))),
        )
        .x_axis(
            Axis::new()
                .type_(AxisType::Category)
                .data(
                    series
                        .labels
                        .iter()
                        .map(|label| short(label, series.step))
                        .collect(),
                )
                .axis_tick(AxisTick::new().show(false))
                .axis_line(AxisLine::new().show(false))
                .axis_label(AxisLabel::new().color(ink(&colours.muted))),
        )
        .y_axis(
            Axis::new()
                .type_(AxisType::Value)
                .split_line(SplitLine::new().line_style(LineStyle::new().color(ink(&colours.line))))
                .axis_label(unit.axis(AxisLabel::new().color(ink(&colours.muted)))),
        );
    for (name, line) in named_lines(series) {
        let points = line.points.iter();
        if is_sum(measure) {
            let data: DataFrame = points
                .map(|point| unit.scale(point.unwrap_or(0.0)).into())
                .collect();
            let style = ItemStyle::new().border_radius(1);
            chart = chart.series(
                Bar::new()
                    .name(name)
                    .stack("all")
                    .item_style(style)
                    .data(data),
            );
        } else {
            // What was not measured is a gap.
            let data: DataFrame = points
                .map(|point| match point {
                    Some(point) => unit.scale(*point).into(),
                    None => "-".into(),
                })
                .collect();
            chart = chart.series(
                Line::new()
                    .name(name)
                    .show_symbol(series.labels.len() < 40)
                    .data(data),
            );
        }
    }
    chart
}

/// What the numbers beside the chart are.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Plain,
    Dollars,
    Seconds,
}

impl Unit {
    fn of(measure: Measure) -> Self {
        match measure {
            Measure::Requests
            | Measure::Errors
            | Measure::Input
            | Measure::CacheRead
            | Measure::CacheWrite
            | Measure::Output
            | Measure::Reasoning
            | Measure::Total
            | Measure::Speed => Self::Plain,
            Measure::CostInput
            | Measure::CostCacheRead
            | Measure::CostCacheWrite
            | Measure::CostOutput
            | Measure::Cost
            | Measure::Paid => Self::Dollars,
            Measure::TtftP50
            | Measure::TtftP95
            | Measure::TtftP99
            | Measure::DurationP50
            | Measure::DurationP95
            | Measure::DurationP99 => Self::Seconds,
        }
    }

    fn scale(self, number: f64) -> f64 {
        match self {
            Self::Plain => (number * 10.0).round() / 10.0,
            Self::Dollars => number / 1_000_000.0,
            Self::Seconds => number / 1_000.0,
        }
    }

    fn axis(self, label: AxisLabel) -> AxisLabel {
        match self {
            Self::Plain => label,
            Self::Dollars => label.formatter("${value}"),
            Self::Seconds => label.formatter("{value} s"),
        }
    }
}

/// A step's label without the year, and hours of one day without the day.
fn short(label: &str, step: Step) -> String {
    match step {
        Step::QuarterHour => label.get(11..).unwrap_or(label).to_owned(),
        Step::Auto | Step::Hour | Step::Day => label.get(5..).unwrap_or(label).to_owned(),
    }
}

/// The style sheet's colours, as they are now.
struct Colours {
    series: [String; 8],
    muted: String,
    line: String,
    raised: String,
}

impl Colours {
    fn read(place: &web_sys::HtmlElement) -> Self {
        let style =
            web_sys::window().and_then(|window| window.get_computed_style(place).ok().flatten());
        let read = |name: &str| {
            let value = style
                .as_ref()
                .and_then(|style| style.get_property_value(name).ok());
            value
                .map(|value| value.trim().to_owned())
                .unwrap_or_default()
        };
        Self {
            series: [1, 2, 3, 4, 5, 6, 7, 8].map(|number| read(&format!("--chart-{number}"))),
            muted: read("--muted"),
            line: read("--line"),
            raised: read("--raised"),
        }
    }
}

/// Fetches the library once a visit. True when it is there.
fn load() -> RwSignal<bool> {
    let is_loaded = RwSignal::new(echarts().is_some());
    Effect::new(move |_| {
        if echarts().is_some() {
            is_loaded.set(true);
            return;
        }
        let Some(document) = web_sys::window().and_then(|window| window.document()) else {
            return;
        };
        let Ok(script) = document.create_element("script") else {
            return;
        };
        let script: web_sys::HtmlScriptElement = script.unchecked_into();
        script.set_src(LIBRARY);
        let loaded = Closure::once_into_js(move || {
            let _page_left = is_loaded.try_set(true);
        });
        let _heard = script.add_event_listener_with_callback("load", loaded.unchecked_ref());
        if let Some(head) = document.head() {
            let _added = head.append_child(&script);
        }
    });
    is_loaded
}

/// Counts the times the system went from light to dark or back.
fn follow_system_theme() -> RwSignal<u32> {
    let changes = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let query = web_sys::window().and_then(|window| {
            window
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
        });
        let Some(query) = query else {
            return;
        };
        let changed = Closure::<dyn FnMut()>::new(move || changes.update(|changes| *changes += 1));
        let _heard =
            query.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        let listener = StoredValue::new_local((query, changed));
        on_cleanup(move || {
            listener.try_with_value(|(query, changed)| {
                query
                    .remove_event_listener_with_callback("change", changed.as_ref().unchecked_ref())
            });
        });
    });
    changes
}

fn follow_size(place: NodeRef<Div>) {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::resize, move |_| {
            if let Some(place) = place.get_untracked() {
                call(instance(&place), "resize");
            }
        });
        on_cleanup(move || handle.remove());
    });
}

fn echarts() -> Option<JsValue> {
    let library = js_sys::Reflect::get(&js_sys::global(), &"echarts".into()).ok()?;
    library.is_object().then_some(library)
}

/// The chart that is drawn in a place, asked from the library: charming hands out no way to end one.
fn instance(place: &web_sys::Element) -> Option<JsValue> {
    let library = echarts()?;
    let find: js_sys::Function = js_sys::Reflect::get(&library, &"getInstanceByDom".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let found = find.call1(&library, place).ok()?;
    found.is_object().then_some(found)
}

fn dispose(place: &web_sys::Element) {
    call(instance(place), "dispose");
}

fn call(instance: Option<JsValue>, method: &str) {
    let Some(instance) = instance else {
        return;
    };
    let method = js_sys::Reflect::get(&instance, &method.into());
    if let Some(method) = method
        .ok()
        .and_then(|method| method.dyn_into::<js_sys::Function>().ok())
    {
        let _done = method.call0(&instance);
    }
}
