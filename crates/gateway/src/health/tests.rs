use super::*;

fn failure(kind: FailureKind, rest: Option<u64>) -> Failure {
    Failure {
        kind,
        rest: rest.map(Duration::from_secs),
        is_token_old: false,
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
}

#[test]
fn rests_are_read_and_cleared() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    let rested = |now| {
        let mut models: Vec<_> = health
            .all(now)
            .into_iter()
            .map(|(_, model, _)| model)
            .collect();
        models.sort();
        models
    };
    let model = |name: &str| Some(name.to_owned());
    for (name, kind) in [
        ("m", FailureKind::RateLimit),
        ("n", FailureKind::UnknownModel),
        ("m", FailureKind::Credential),
    ] {
        health.penalise(&account, name, &failure(kind, None), at(0));
    }
    assert_eq!(rested(at(1)), [None, model("m"), model("n")]);
    assert_eq!(rested(at(60)), [None, model("n")]);
    health.found_sound(&account);
    assert_eq!(rested(at(1)), [model("m"), model("n")]);
    health.wake(&account, Some("m"));
    health.wake(&ConnectionId::from("b"), None);
    assert_eq!(rested(at(1)), [model("n")]);
    health.wake(&account, None);
    assert_eq!(rested(at(1)), []);
}

#[test]
fn a_known_reset_is_kept_and_not_exceeded() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    let limited = failure(FailureKind::RateLimit, Some(30));
    for _ in 0..5 {
        assert_eq!(
            health.penalise(&account, "m", &limited, at(0)),
            Some(at(30))
        );
    }
    assert!(
        health
            .rest(&account, "m", at(29))
            .is_some_and(|rest| rest.is_out())
    );
    assert_eq!(health.rest(&account, "m", at(30)), None);
    assert_eq!(
        health.rest(&account, "other", at(0)),
        None,
        "it is the model's"
    );
}

#[test]
fn guesses_grow_up_to_a_limit_and_a_success_clears_them() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    let limited = failure(FailureKind::RateLimit, None);
    let lengths: Vec<i64> = (0..12)
        .map(|_| {
            let until = health
                .penalise(&account, "m", &limited, at(0))
                .expect("a rest");
            (until - at(0)).num_seconds()
        })
        .collect();
    assert_eq!(lengths[..4], [10, 20, 40, 80]);
    assert_eq!(lengths[11], 900);
    health.succeed(&account, "m");
    assert_eq!(health.rest(&account, "m", at(0)), None);
    assert_eq!(
        health.penalise(&account, "m", &limited, at(0)),
        Some(at(10))
    );
}

#[test]
fn a_guess_only_moves_an_account_back() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    health.penalise(&account, "m", &failure(FailureKind::Down, None), at(0));
    let rest = health
        .rest(&account, "other", at(1))
        .expect("the whole account");
    assert!(!rest.is_out());
}

#[test]
fn one_request_tries_an_account_whose_rest_is_over_while_the_others_stay_away() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    let rests = |seconds| health.rest(&account, "m", at(seconds));
    for (kind, rest) in [(FailureKind::Down, None), (FailureKind::RateLimit, Some(5))] {
        assert!(matches!(
            health.try_again(&account, "m", at(0)),
            Trial::NotNeeded
        ));
        health.penalise(&account, "m", &failure(kind, rest), at(0));
        assert!(
            matches!(health.try_again(&account, "m", at(4)), Trial::NotNeeded),
            "not yet"
        );
        assert_eq!(rests(5), None, "anybody may try");

        let first = health.try_again(&account, "m", at(5));
        assert!(matches!(first, Trial::Mine(_)), "{first:?}");
        assert!(matches!(
            health.try_again(&account, "m", at(6)),
            Trial::Taken
        ));
        let seen = rests(6).expect("a rest, to all others");
        assert!(!seen.is_out(), "it is behind the others, and no more");

        drop(first);
        assert_eq!(
            rests(6),
            None,
            "nothing was found out: the next one may try"
        );
        let second = health.try_again(&account, "m", at(6));
        health.penalise(&account, "m", &failure(kind, Some(9)), at(7));
        drop(second);
        assert!(
            rests(8).is_some_and(|rest| rest.is_out()),
            "it failed again"
        );

        let third = health.try_again(&account, "m", at(16));
        health.succeed(&account, "m");
        drop(third);
        assert_eq!(rests(16), None);
        assert!(
            matches!(health.try_again(&account, "m", at(16)), Trial::NotNeeded),
            "all is well"
        );
    }
}

#[test]
fn a_claim_that_is_dropped_late_takes_nothing_from_the_next_one() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    health.penalise(&account, "m", &failure(FailureKind::Down, None), at(0));
    let first = health.try_again(&account, "m", at(60));
    health.penalise(&account, "m", &failure(FailureKind::Down, None), at(60));
    let second = health.try_again(&account, "m", at(120));
    drop(first);
    assert!(matches!(
        health.try_again(&account, "m", at(120)),
        Trial::Taken
    ));
    drop(second);
}

#[test]
fn a_clients_mistake_says_nothing_of_the_account() {
    let (health, account) = (Health::default(), ConnectionId::from("a"));
    for kind in [
        FailureKind::Client,
        FailureKind::Context,
        FailureKind::Refused,
    ] {
        assert_eq!(
            health.penalise(&account, "m", &failure(kind, None), at(0)),
            None
        );
    }
    assert_eq!(health.rest(&account, "m", at(0)), None);
}
