//! Playing random histories, the same ones each time unless others are asked for.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};

/// Plays so many histories, each on a runtime of its own; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for
/// others. Panics with the shortest history that breaks a promise, found in at most so many trials.
pub(crate) fn play<S: Strategy>(
    histories: &S,
    cases: u32,
    shrinks: u32,
    play: impl AsyncFn(S::Value) -> TestCaseResult,
) {
    let given = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { given.cases } else { cases };
    let rng_seed = if given.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { given.rng_seed };
    let config = Config {
        cases,
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: given.max_shrink_iters.min(shrinks),
        ..given
    };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let played = TestRunner::new(config).run(histories, |history| runtime().block_on(play(history)));
    if let Err(broken) = played {
        panic!("{broken}");
    }
}
