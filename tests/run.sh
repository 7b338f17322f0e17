#!/usr/bin/env bash
# Runs every test of the project, after installing what it needs where that is missing.
#   bash tests/run.sh           everything; `cargo deny` too where it is installed
#   bash tests/run.sh --deny    installs `cargo deny` first where it is missing (it takes minutes)
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
missing() { ! command -v "$1" >/dev/null 2>&1; }
fail() { printf 'tests/run.sh: %s\n' "$*" >&2; exit 1; }

want_deny=no
for argument in "$@"; do
    case "$argument" in
        --deny) want_deny=yes ;;
        *) fail "\`$argument\` is no option; allowed: --deny" ;;
    esac
done

missing cargo && fail "Rust is missing: see https://rustup.rs"

packages=()
missing chromium && packages+=(chromium)
missing chromedriver && packages+=(chromium-driver)
# For the pictures of the page; browsers draw boxes without it.
{ fc-list 2>/dev/null || true; } | grep -qi emoji || packages+=(fonts-noto-color-emoji)
if ((${#packages[@]})); then
    step "installing ${packages[*]}"
    missing apt-get && fail "install ${packages[*]} by hand: there is no apt-get here"
    as_root=()
    if ((EUID != 0)); then
        missing sudo && fail "install ${packages[*]} as root: there is no sudo here"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
fi
for component in rustfmt clippy; do
    cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
done
if [[ $want_deny == yes ]] && missing cargo-deny; then
    step "installing cargo-deny"
    cargo install cargo-deny --locked
fi

step "formatting"
cargo fmt --check
cargo fmt --check --manifest-path tests/validator/Cargo.toml
cargo fmt --check --manifest-path tests/fuzz/Cargo.toml

step "lints"
cargo clippy --locked --all-targets -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

if missing cargo-deny; then
    step "left out: cargo deny is not installed (bash tests/run.sh --deny installs it)"
else
    step "dependencies"
    cargo deny check
fi

step "tests"
export SEGMENTS_SLACK_REQUIRE_BROWSER=1
# Property tests try the same inputs every time, so that a run says something about the change and not about luck;
# `cargo test` alone tries new ones.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-20260101}"
rm -rf target/rendered
cargo test --locked

step "what people do in Slack, once more by Socket Mode"
# Without what takes days of a connection's signs of life.
SEGMENTS_SLACK_TEST_SOCKET=1 cargo test --locked --test it -- \
    acting:: any_history:: command:: connect:: digests:: folding:: holding:: home:: install:: interaction:: list_all:: lookup:: \
    me:: mentions:: menus:: modal:: pausing:: permission:: reach:: replies:: selecting:: stumble:: tenants:: threads:: transfer:: unfurl:: welcome:: why:: \
    --skip clocks_change --skip six_days --skip seven_days --skip nothing_is_given_up

step "what was rendered, by rules that are not ours"
CARGO_TARGET_DIR=target/validator cargo test --locked --manifest-path tests/validator/Cargo.toml
CARGO_TARGET_DIR=target/validator cargo run --quiet --locked --manifest-path tests/validator/Cargo.toml -- target/rendered
