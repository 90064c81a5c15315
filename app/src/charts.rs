//! Browser only: typed rows become a chart, and the chart lives and dies with its place.
//!
//! No formatter is a piece of script: the content security policy forbids to evaluate one.

use api::usage::UsagePoint;
use charming::Chart;
use charming::component::{Axis, Grid, Legend};
use charming::datatype::DataFrame;
use charming::element::{
    AxisLabel, AxisLine, AxisPointer, AxisPointerType, AxisTick, AxisType, Color, ItemStyle,
    LineStyle, SplitLine, TextStyle, Tooltip, Trigger,
};
use charming::renderer::wasm_renderer::{Echarts, WasmRenderer};
use charming::series::Bar;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;
use crate::components::theme::use_theme;
use crate::pages::usage::address::View;

const LIBRARY: &str = "/vendor/echarts.common.min.js";

/// Draws into the place, again whenever what it shows changes, until the owner is cleaned up.
pub(crate) fn draw(
    place: NodeRef<Div>,
    points: Memo<Vec<UsagePoint>>,
    bucket_seconds: Memo<u32>,
    view: Signal<View>,
) {
    let is_loaded = load();
    let theme = use_theme();
    let system = follow_system_theme();
    follow_size(place);
    let drawn = StoredValue::new_local(None::<(Echarts, View)>);
    Effect::new(move |_| {
        theme.track();
        system.track();
        let Some(place) = place.get() else {
            return;
        };
        if !is_loaded.get() {
            return;
        }
        let view = view.get();
        let colours = Colours::read(&place);
        let chart =
            points.with(|points| usage_over_time(points, bucket_seconds.get(), view, &colours));
        let is_kept = drawn.with_value(|drawn| match drawn {
            Some((instance, before)) if *before == view => {
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
            drawn.set_value(instance.map(|instance| (instance, view)));
        }
    });
    on_cleanup(move || {
        if let Some(Some(place)) = place.try_get_untracked() {
            dispose(&place);
        }
    });
}

type Read = fn(&UsagePoint) -> u64;

/// What is drawn, as data.
fn usage_over_time(
    points: &[UsagePoint],
    bucket_seconds: u32,
    view: View,
    colours: &Colours,
) -> Chart {
    let labels = points
        .iter()
        .map(|point| label(point, bucket_seconds))
        .collect();
    let mut chart = Chart::new()
        .color(
            colours
                .series
                .iter()
                .map(|colour| Color::Value(colour.clone()))
                .collect(),
        )
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
                .background_color(Color::Value(colours.raised.clone()))
                // Its text takes its colour from the style sheet.
                .border_color(Color::Value(colours.line.clone())),
        )
        .x_axis(
            Axis::new()
                .type_(AxisType::Category)
                .data(labels)
                .axis_tick(AxisTick::new().show(false))
                .axis_line(AxisLine::new().show(false))
                .axis_label(AxisLabel::new().color(Color::Value(colours.muted.clone()))),
        )
        .y_axis(
            Axis::new()
                .type_(AxisType::Value)
                .split_line(
                    SplitLine::new()
                        .line_style(LineStyle::new().color(Color::Value(colours.line.clone()))),
                )
                .axis_label(axis_label(view, colours)),
        );
    match view {
        View::Tokens => {
            chart = chart.legend(
                Legend::new()
                    .left(0)
                    .text_style(TextStyle::new().color(Color::Value(colours.muted.clone()))),
            );
            let stacks: [(&str, Read); 3] = [
                ("Input", |point| point.tokens.input),
                ("Cache", |point| {
                    point.tokens.cache_read + point.tokens.cache_write
                }),
                ("Output", |point| point.tokens.output),
            ];
            for (name, read) in stacks {
                chart = chart.series(bars(name, points.iter().map(|point| whole(read(point)))));
            }
        }
        View::Costs => {
            chart = chart.series(bars(
                "Cost in $",
                points.iter().map(|point| dollars(point.cost_micros)),
            ));
        }
    }
    chart
}

fn bars(name: &str, values: impl Iterator<Item = f64>) -> Bar {
    let data: DataFrame = values.map(Into::into).collect();
    Bar::new()
        .name(name)
        .stack("all")
        .item_style(ItemStyle::new().border_radius(1))
        .data(data)
}

fn axis_label(view: View, colours: &Colours) -> AxisLabel {
    let label = AxisLabel::new().color(Color::Value(colours.muted.clone()));
    match view {
        View::Tokens => label,
        View::Costs => label.formatter("${value}"),
    }
}

/// The bar's beginning on the reader's clock: the day, and the hour where bars are shorter than a day.
fn label(point: &UsagePoint, bucket_seconds: u32) -> String {
    let local = browser::local_time(point.at);
    let (date, hour) = local.split_once(' ').unwrap_or((&local, ""));
    let day = date.get(5..).unwrap_or(date);
    match bucket_seconds {
        0..=3_600 => hour.to_owned(),
        3_601..86_400 => format!("{day} {hour}"),
        86_400.. => day.to_owned(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing has fewer pixels than that"
)]
fn whole(tokens: u64) -> f64 {
    tokens as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing has fewer pixels than that"
)]
fn dollars(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}

/// The style sheet's colours, as they are now.
struct Colours {
    series: [String; 3],
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
            series: ["--chart-1", "--chart-2", "--chart-3"].map(read),
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
