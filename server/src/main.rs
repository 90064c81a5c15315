//! `ninerouter`: reads the environment, says what is wrong with it, and runs.

use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use server::config::{Config, ConfigError, Environment, VARIABLES};
use tracing::error;
use tracing_subscriber::EnvFilter;

/// Rendering a page nests as deep as the page does, deepest in an unoptimised build.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None | Some("serve"), None) => serve(),
        (Some("--help" | "-h" | "help"), None) => say(&help()),
        (Some("--version" | "-V"), None) => say(concat!("ninerouter ", env!("CARGO_PKG_VERSION"))),
        (Some(unknown), _) => complain(&[format!(
            "unknown command `{unknown}`: try `ninerouter --help`"
        )]),
        (None, Some(_)) => complain(&[]),
    }
}

fn serve() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(errors) => {
            return complain(
                &errors
                    .iter()
                    .map(ConfigError::to_string)
                    .collect::<Vec<_>>(),
            );
        }
    };
    start_log(&config);
    // Two libraries would each bring their own; neither may choose for the other.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        return complain(&["could not set up TLS".to_owned()]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_stack_size(STACK)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(&[format!("could not start: {error}")]),
    };
    // On a worker, whose stack is as asked for; the main thread's is not ours to choose.
    let run = runtime.block_on(async { runtime.handle().spawn(server::run::run(config)).await });
    match run {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            error!(cause = %innermost(&failure), "{failure}");
            ExitCode::FAILURE
        }
        Err(failure) => {
            error!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// What lies at the bottom of a failure, which is what says why.
fn innermost(failure: &dyn Error) -> &dyn Error {
    failure.source().map_or(failure, innermost)
}

/// Logs go to standard error: for people while developing, one JSON object per line in production.
fn start_log(config: &Config) {
    let filter = EnvFilter::new(config.log_filter.as_deref().unwrap_or("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match config.environment {
        Environment::Production => log.json().init(),
        Environment::Development | Environment::Test => {
            log.with_ansi(io::stderr().is_terminal()).init();
        }
    }
}

fn help() -> String {
    let mut text = String::from(
        "ninerouter: one endpoint for every AI coding tool, many accounts behind it\n\n\
         usage: ninerouter [serve]\n       ninerouter --help | --version\n\n\
         Everything is configured by environment variables:\n",
    );
    for variable in VARIABLES {
        text.push_str(&format!(
            "\n  {} (default: {})\n      {}\n",
            variable.name, variable.default, variable.meaning
        ));
    }
    text
}

fn say(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn complain(messages: &[String]) -> ExitCode {
    for message in messages {
        // Without standard error there is nobody to tell.
        let _ = writeln!(io::stderr(), "ninerouter: {message}");
    }
    ExitCode::FAILURE
}
