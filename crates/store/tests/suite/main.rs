//! One suite, run on every engine: SQLite in a file, SQLite in memory, and Postgres.
//!
//! Postgres is the server at `TEST_POSTGRES_URL`, where each test makes a database of its own.
//! Without that variable its half is listed as ignored.
#![expect(clippy::expect_used, reason = "these are tests")]

mod budgets;
mod captures;
mod connections;
mod engine;
mod harness;
mod keys;
mod models;
mod nodes;
mod opening;
mod prices;
mod quotas;
mod revision;
mod routing;
mod samples;
mod sessions;
mod settings;
mod usage;
mod users;

use std::process::ExitCode;

use crate::harness::{Test, tests};

const TESTS: &[Test] = tests![
    opening::a_fresh_database_answers,
    opening::sqlite_is_set_up_for_many_readers_and_one_writer,
    opening::an_error_shows_no_password,
    users::the_first_admin_is_made_once,
    users::one_of_many_at_once_becomes_the_first_admin,
    users::a_new_password_ends_sessions,
    keys::a_key_comes_back_as_it_went_in,
    keys::a_patch_changes_what_it_names,
    keys::the_same_key_is_a_conflict,
    keys::what_is_not_there_is_not_found,
    nodes::a_node_comes_back_as_it_went_in,
    nodes::a_prefix_is_taken_once,
    nodes::a_deleted_node_takes_its_connections_along,
    connections::a_connection_comes_back_as_it_went_in,
    connections::connections_are_in_the_order_of_trying,
    connections::a_credential_is_replaced_by_whoever_read_it_last,
    connections::a_name_is_taken_once_per_provider_and_owner,
    connections::accounts_are_put_in_order_at_once,
    connections::an_order_that_is_no_longer_true_is_refused,
    connections::a_proxy_is_not_readable_in_the_table,
    connections::a_credential_is_not_readable_in_the_table,
    connections::a_blob_moved_to_another_row_does_not_open,
    connections::another_key_does_not_open_it,
    connections::every_update_raises_the_version,
    connections::only_an_error_keeps_an_error,
    connections::what_is_not_there_is_not_found,
    models::what_is_found_is_kept_for_a_week,
    models::what_a_person_said_of_a_model_stays,
    routing::a_combo_comes_back_as_it_went_in,
    routing::a_name_of_a_combo_is_taken_once,
    routing::an_alias_comes_back_as_it_went_in,
    routing::an_alias_is_taken_once,
    routing::what_is_not_there_is_not_found,
    prices::a_price_comes_back_as_it_went_in,
    quotas::the_last_word_stays_through_failures,
    quotas::history_is_bounded_and_says_nothing_twice,
    quotas::they_go_with_their_account,
    budgets::a_budget_comes_back_as_it_went_in,
    budgets::a_subject_has_one_budget_of_each_kind,
    captures::a_capture_comes_back_as_it_went_in,
    captures::the_oldest_go_first,
    revision::each_change_is_counted_once_however_many_change_at_once,
    settings::a_setting_is_replaced,
    settings::the_lock_of_the_first_admin_is_no_setting,
    usage::minutes::they_are_what_a_recount_says,
    usage::sums::they_are_what_a_recount_says,
    usage::sums::a_null_endpoint_shows_as_none,
    usage::sums::lies_do_not_overflow_them,
    usage::spent::it_is_what_a_recount_says,
    usage::cube::any_grouping_is_what_a_recount_says,
    usage::cube::what_is_forgotten_leaves_its_sums,
    usage::cube::blocks_are_made_anew_from_rows,
    usage::cube::reading_while_blocks_are_put_together_is_exact,
    usage::append::appending_again_counts_nothing,
    usage::append::many_writers_at_once_count_everything_once,
    usage::append::a_batch_may_be_larger_than_a_statement,
    usage::append::a_text_with_a_nul_is_kept,
    usage::append::attempts_are_kept_in_order,
    usage::recent::pages_join_without_gap_or_overlap,
    usage::recent::rows_carry_the_names_of_today,
    usage::recent::a_member_sees_only_theirs,
    usage::log::the_database_finds_what_a_page_would_keep,
    usage::log::a_wildcard_is_a_letter,
    usage::log::an_account_or_key_is_found_by_its_name,
    usage::log::pages_join_in_both_directions,
    usage::log::a_member_finds_only_theirs,
    usage::detail::a_decision_comes_back_as_it_was_made,
    usage::recompute::rows_and_sums_are_priced_anew_together,
    usage::health::a_success_clears_the_error,
    usage::health::a_failure_of_the_account_is_told,
    usage::health::a_failure_of_the_request_is_not,
    usage::health::each_attempt_speaks_for_its_connection,
    usage::health::older_news_do_not_overwrite_newer,
    usage::health::last_use_only_moves_forward,
    sessions::a_session_is_saved_loaded_and_deleted,
    sessions::an_expired_session_is_none,
    sessions::a_taken_id_is_replaced,
    sessions::an_unreadable_session_counts_as_ended,
];

fn main() -> ExitCode {
    harness::run(TESTS)
}
