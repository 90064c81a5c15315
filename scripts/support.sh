# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, how to speak, and how to find or install a tool.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cargo_bin="${CARGO_HOME:-$HOME/.cargo}/bin"
cache_dir="${XDG_CACHE_HOME:-$HOME/.cache}/ninerouter"
# Tools of ours that belong to no package manager of the machine.
tools_dir="$cache_dir/tools"
export PATH="$tools_dir/node_modules/.bin:$cargo_bin:$PATH"

say() { printf '• %s\n' "$*"; }
warn() { printf '! %s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# Where cargo builds. On a build machine that is outside the clone, so that the next clone finds it warm.
choose_target_dir() {
  if [ "${CI:-}" = true ]; then
    export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache_dir/target}"
    # The site belongs to this clone, and what is cached from another must not find that one's.
    export LEPTOS_SITE_ROOT="$root/target/site"
  fi
  target_dir=${CARGO_TARGET_DIR:-$root/target}
  case $target_dir in /*) ;; *) target_dir=$root/$target_dir ;; esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif has sudo; then sudo "$@"
  else die "this needs root, and there is no sudo: $*"
  fi
}

# Installs Debian packages; the package lists are read again only when something is to be installed.
apt_install() {
  has apt-get || return 1
  say "installing with apt: $*"
  if [ -z "${apt_is_fresh:-}" ]; then
    as_root apt-get update -qq && apt_is_fresh=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Is version $1 at least $2?
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

has_nightly() { has rustup && rustup toolchain list | grep -q '^nightly'; }

rustc_version() { "${1:-rustc}" -vV | sed -n 's/^release: \([0-9.]*\).*/\1/p'; }
rust_host() { rustc -vV | sed -n 's/^host: //p'; }

# Does the active toolchain bring the browser's half of the standard library?
has_wasm_target() {
  has rustc || return 1
  compgen -G "$(cd "$root" && rustc --print target-libdir --target wasm32-unknown-unknown)/libcore*.rlib" >/dev/null
}

# Debian's toolchain comes without rust-lld: name its own linker, unless the link that setup makes is there.
choose_wasm_linker() {
  local tools
  tools="$(cd "$root" && rustc --print sysroot)/lib/rustlib/$(rust_host)/bin"
  if [ ! -e "$tools/rust-lld" ] && has wasm-ld-19; then
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19
  fi
}

find_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if [ -n "$name" ] && has "$name"; then command -v "$name"; return; fi
  done
  return 1
}

# The directory with initdb and pg_ctl; the newest if there are several.
find_postgres() {
  local dir
  if has initdb && has pg_ctl; then dirname "$(command -v initdb)"; return; fi
  dir=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) || return 1
  [ -x "$dir/initdb" ] && printf '%s\n' "$dir"
}

# What a release is made of.
release_sources=(.cargo Cargo.lock Cargo.toml app crates frontend migration public server style)

# The browser's half first: the server's binary carries it, and cargo-leptos would build the two side by side.
# Not at all if nothing has changed since the last time: cargo-leptos would optimise and compress it all again.
build_release() {
  local stamp=$target_dir/release/.built-from
  if release_is_fresh "$stamp"; then
    say "the release is built already"
    return
  fi
  say "building the release (the first time takes several minutes)"
  mkdir -p "$target_dir/release"
  # Made before the build, so that what is edited meanwhile counts as changed; named only when it is done.
  printf '%s\n' "$root" >"$stamp.new"
  cargo leptos build --release --precompress --frontend-only &&
    cargo leptos build --release --server-only &&
    mv "$stamp.new" "$stamp"
}

release_is_fresh() {
  [ -x "$target_dir/release/ninerouter" ] && [ "$(cat "$1" 2>/dev/null)" = "$root" ] &&
    [ -z "$(cd "$root" && find "${release_sources[@]}" -newer "$1" -print -quit)" ]
}
