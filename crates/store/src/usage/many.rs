//! Many rows in one statement, written down without an expression for each of their values.

use sea_orm::{DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, Statement, Value};

/// `INSERT INTO table (…) VALUES (…), (…)`, with `tail` behind it.
pub(super) fn insert<E>(backend: DbBackend, rows: &[E::Model], tail: &str) -> Statement
where
    E: EntityTrait + Default,
{
    let columns: Vec<_> = E::Column::iter().collect();
    let names: Vec<_> = columns
        .iter()
        .map(|column| format!("\"{}\"", column.as_str()))
        .collect();
    let mut sql = format!(
        "INSERT INTO \"{}\" ({}) VALUES ",
        E::default().table_name(),
        names.join(", ")
    );
    let mut values: Vec<Value> = Vec::with_capacity(rows.len() * columns.len());
    for row in rows {
        sql.push_str(if values.is_empty() { "(" } else { "), (" });
        for (place, column) in columns.iter().enumerate() {
            if place > 0 {
                sql.push(',');
            }
            values.push(row.get(*column));
            match backend {
                DbBackend::Postgres => {
                    sql.push('$');
                    sql.push_str(&values.len().to_string());
                }
                _ => sql.push('?'),
            }
        }
    }
    sql.push(')');
    sql.push_str(tail);
    Statement::from_sql_and_values(backend, sql, values)
}
