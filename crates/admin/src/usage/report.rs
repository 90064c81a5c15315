//! A month: what it came to, by whom and what, and where it is heading.

mod budgets;

use api::usage::query::{Dimension, Measure, Selection, SortBy, Span, TableQuery};
use api::usage::report::{Forecast, ReportQuery, ReportSection, UsageReport};
use api::usage::table::{Measures, UsageTable};
use chrono::Utc;

use crate::Admin;
use crate::actor::Actor;
use crate::error::AdminError;
use crate::usage::clock::{Clock, Month};

const SECTIONS: [Dimension; 4] = [
    Dimension::User,
    Dimension::Key,
    Dimension::Provider,
    Dimension::ModelServed,
];
/// Rows of a section before the rest becomes one.
const MOST_ROWS: u32 = 500;

impl Admin {
    pub async fn usage_report(
        &self,
        actor: &Actor,
        query: ReportQuery,
    ) -> Result<UsageReport, AdminError> {
        let clock = Clock::new(&query.zone, Utc::now())?;
        let month = clock.month(&query.month)?;
        let before = clock.month(&month.previous)?;
        let table = async |month: &Month, by| -> Result<UsageTable, AdminError> {
            let query = TableQuery {
                selection: Selection {
                    period: Span::Custom {
                        from: month.from.clone(),
                        until: month.until.clone(),
                    },
                    zone: query.zone.clone(),
                    ..Selection::default()
                },
                by,
                then_by: None,
                sort: SortBy::Measure(Measure::Cost),
                limit: MOST_ROWS,
                compare: false,
                ..TableQuery::default()
            };
            self.usage_query(actor, query).await
        };
        let previous = table(&before, Dimension::Endpoint).await?;
        let first = table(&month, Dimension::User).await?;
        let (range, local, totals) = (first.range, first.local.clone(), first.totals);
        let mut sections = Vec::with_capacity(SECTIONS.len());
        sections.push(section(first));
        for by in SECTIONS.into_iter().skip(1) {
            sections.push(section(table(&month, by).await?));
        }
        let budgets = self.report_budgets(actor, &clock, &month).await?;
        Ok(UsageReport {
            query: ReportQuery {
                month: month.name,
                zone: query.zone,
            },
            range,
            local,
            totals,
            previous_month: month.previous,
            previous_totals: previous.totals,
            following_month: month.following,
            forecast: month.elapsed.map(|elapsed| forecast(&totals, elapsed)),
            sections,
            budgets,
        })
    }
}

fn section(table: UsageTable) -> ReportSection {
    ReportSection {
        by: table.query.by,
        rows: table.groups.into_iter().map(|group| group.row).collect(),
        other: table.other,
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a forecast is not exact"
)]
fn forecast(totals: &Measures, elapsed: f64) -> Forecast {
    let ahead = |micros: i64| (micros as f64 / elapsed).round() as i64;
    Forecast {
        elapsed,
        cost_micros: ahead(totals.cost.total),
        paid_micros: ahead(totals.paid_micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_goes_straight_on() {
        let mut totals = Measures::default();
        totals.cost.total = 1_000_000;
        totals.paid_micros = 250_000;
        let forecast = forecast(&totals, 0.25);
        assert_eq!(
            (forecast.cost_micros, forecast.paid_micros),
            (4_000_000, 1_000_000)
        );
    }
}
