//! The language as a whole: examples, and what holds for every command.

use super::*;
use crate::model::selection::known_names;
use crate::model::subscription::{Batch, Digest, Echo, LocalTime, Quiet, Style};
use crate::model::{EventSelection, FilterKey, Glob, Rule};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

#[test]
fn commands_are_read_and_printed_in_full() {
    for (typed, printed) in [
        ("", ""),
        ("subscribe", "subscribe"),
        ("subscribe jane/flowers sample.*", "subscribe jane/flowers sample.*"),
        ("SUB jane/flowers Sample.Created", "subscribe jane/flowers sample.created"),
        ("/segments add jane/flowers, jane/trees sample", "subscribe jane/flowers jane/trees sample.*"),
        ("subscribe * *", "subscribe * *"),
        ("subscribe */* *", "subscribe * *"),
        ("subscribe jane/flowers */*", "subscribe jane/flowers */*"),
        ("subscribe jane/flowers issue –issue.edited", "subscribe jane/flowers issue.* -issue.edited"),
        ("sub jane/flowers by:john,ann by:ann -by:jane", "subscribe jane/flowers by:ann,john -by:jane"),
        ("sub jane/flowers text:“wrong class”", "subscribe jane/flowers text:\"wrong class\""),
        ("sub jane/flowers sample:images/*.png", "subscribe jane/flowers sample:images/*.png"),
        ("sub jane/flowers STYLE:Line batch:05m", "subscribe jane/flowers style:line batch:5m"),
        ("sub jane/flowers mention:<@U1|ann>,<!subteam^S2>", "subscribe jane/flowers mention:<@U1>,<!subteam^S2>"),
        (
            "sub a/b digest:weekly@Monday-9:00 quiet:19:00–8:00",
            "subscribe a/b digest:weekly@mon-09:00 quiet:19:00-08:00",
        ),
        ("sub <https://app.segments.ai/jane/flowers/samples/1/gt?readOnly=true>", "subscribe jane/flowers"),
        ("set jane/flowers label.rejected", "set jane/flowers label.rejected"),
        ("unsub #3", "unsubscribe #3"),
        ("remove jane/flowers sample.deleted", "unsubscribe jane/flowers sample.deleted"),
        ("unsubscribe *", "unsubscribe *"),
        ("unsubscribe */*", "unsubscribe */*"),
        ("ls", "list"),
        ("list ALL", "list all"),
        ("edit <#C12|3>", "edit #3"),
        ("mute 90m", "mute 90m"),
        ("mute jane/flowers for 2 hours", "mute jane/flowers 2h"),
        ("mute 1d *", "mute * 1d"),
        ("mute until 14:00", "mute until 14:00"),
        ("unmute", "unmute"),
        ("unmute jane/*", "unmute jane/*"),
        ("test", "test"),
        ("test #1 sample.created", "test #1 sample.created"),
        ("test label.rejected", "test label.rejected"),
        ("why", "why 5"),
        ("why 20", "why 20"),
        ("status.", "status"),
        ("connect", "connect"),
        ("disconnect acme", "disconnect acme"),
        ("me", "me"),
        ("me Jane", "me Jane"),
        ("me NONE", "me none"),
        ("me -", "me"),
        ("me \"none\"", "me \"none\""),
        ("me <@U1|ann> jane", "me <@U1> as jane"),
        ("me <@U1> AS \"none\"", "me <@U1> as \"none\""),
        ("me <@W1> as none", "me <@W1> as none"),
        ("me <@U1> as as", "me <@U1> as as"),
        ("export", "export"),
        ("import", "import"),
        ("?", "help"),
        ("help?", "help"),
        ("--help", "help"),
        ("help events", "help events"),
        ("help unsub", "help unsubscribe"),
    ] {
        assert_eq!(parse(typed).map(|command| command.to_string()).as_deref(), Ok(printed), "{typed}");
    }
}

#[test]
fn a_mistake_is_named_and_corrected() {
    use Problem::*;
    for (typed, token, problem, corrections) in [
        ("subscirbe a/b", "subscirbe", UnknownVerb, &["subscribe a/b"][..]),
        ("jane/flowers sample.*", "jane/flowers", UnknownVerb, &["subscribe jane/flowers sample.*"]),
        ("gibberish", "gibberish", UnknownVerb, &[]),
        ("sub jane/flowers sampel.created", "sampel.created", NotAnEvent, &["sub jane/flowers sample.created"]),
        ("sub a/b issue –isue.edited by:ann", "-isue.edited", NotAnEvent, &["sub a/b issue -issue.edited by:ann"]),
        ("subscribe a/b gibberish", "gibberish", NotAnEvent, &[]),
        ("subscribe a/b by:ann, bob", "bob", NotAnEvent, &["subscribe a/b by:ann,bob"]),
        ("subscribe flowers", "flowers", NotADataset, &[]),
        ("subscribe /flowers", "/flowers", NotADataset, &["subscribe */flowers"]),
        ("subscribe sample.*", "", MissingDataset, &["subscribe * sample.*"]),
        ("subscribe sampel.created", "sampel.created", NotAnEvent, &["subscribe sample.created"]),
        ("set", "", MissingDataset, &[]),
        ("set a/b c/d sample", "c/d", OneDatasetOnly, &[]),
        ("sub a/b styel:line", "styel:line", UnknownKey, &["sub a/b style:line"]),
        ("sub a/b sampel:x/1", "sampel:x/1", UnknownKey, &["sub a/b sample:x/1"]),
        ("sub a/b by:", "by:", EmptyFilter, &[]),
        ("sub a/b style:crad", "style:crad", BadOption("style"), &["sub a/b style:card"]),
        ("sub a/b digest:daily", "digest:daily", BadOption("digest"), &["sub a/b digest:daily@09:00"]),
        ("sub a/b mention:@ann", "mention:@ann", BadOption("mention"), &[]),
        ("sub a/b style:line,card", "style:line,card", BadOption("style"), &[]),
        ("edit 3", "3", BadNumber, &["edit #3"]),
        ("edit #0", "#0", BadNumber, &[]),
        ("edit #99999999999", "#99999999999", BadNumber, &[]),
        ("edit", "", MissingTarget, &[]),
        ("why 100", "100", BadCount(20), &["why 20"]),
        ("why not", "not", BadCount(20), &[]),
        ("mute", "", MissingLength, &[]),
        ("mute a/b until", "", MissingLength, &[]),
        ("mute forever", "forever", BadLength, &[]),
        ("mute 31d", "31d", BadLength, &[]),
        ("mute until 25:00", "25:00", BadLength, &[]),
        ("mute 2", "2", BadLength, &["mute 2m", "mute 2h", "mute 2d"]),
        ("mute flowers 2h", "flowers", NotADataset, &[]),
        ("unsubscribe", "", MissingTarget, &[]),
        ("unsubscribe flowers", "flowers", NotADataset, &[]),
        ("unsubscribe a/b by:ann", "by:ann", Unexpected, &["unsubscribe a/b"]),
        ("test sample.*", "sample.*", NotAnEvent, &["test sample.created"]),
        ("disconnect", "", MissingName, &[]),
        ("me @jane", "@jane", NotAUsername, &["me jane"]),
        ("me <@U1|jane>", "", MissingName, &[]),
        ("me <@U1> as", "", MissingName, &[]),
        ("me <@U1> as <@U2>", "<@U2>", NotAUsername, &[]),
        ("me <@U1> as jane doe", "doe", Unexpected, &["me <@U1> as jane"]),
        ("me <!subteam^S1>", "<!subteam^S1>", NotAUsername, &[]),
        ("me jane doe", "doe", Unexpected, &["me jane"]),
        ("status now", "now", Unexpected, &["status"]),
        ("help event", "event", UnknownTopic, &["help events"]),
    ] {
        let corrections = corrections.iter().map(|command| format!("/segments {command}")).collect();
        let expected = CommandError { token: token.to_owned(), problem, corrections };
        let mistake = parse(typed).unwrap_err();
        assert_eq!(mistake, expected, "{typed}");
        for corrected in &mistake.corrections {
            assert!(parse(corrected).err().is_none_or(|next| next.token != mistake.token), "{corrected}");
        }
    }
}

#[test]
fn what_is_named_too_often_or_at_too_great_length_is_refused() {
    let problem = |text: String| parse(&text).unwrap_err().problem;
    let many = |word: &str, count: usize| (0..count).fold(String::new(), |text, n| format!("{text} {word}{n}"));
    assert_eq!(problem("x".repeat(10_000)), Problem::TooLong(3_000));
    assert_eq!(problem(format!("subscribe{}", many("jane/", 21))), Problem::TooMany(20));
    assert_eq!(problem(format!("subscribe a/b{}", many("kind.v", 51))), Problem::TooMany(50));
    assert_eq!(problem(format!("subscribe a/b{}", many("by:x", 51))), Problem::TooMany(50));
    let mentions = (0..51).fold(String::new(), |text, n| format!("{text} mention:<@U{n}>"));
    assert_eq!(problem(format!("subscribe a/b{mentions}")), Problem::TooMany(50));
    assert!(parse(&format!("subscribe{} sample.*", many("jane/", 20))).is_ok());
}

#[test]
fn no_event_named_is_the_default_set() {
    let Ok(Command::Subscribe(asked)) = parse("subscribe jane/flowers jane/trees -issue.edited") else { panic!() };
    let rules: Vec<_> = asked.rules().iter().map(ToString::to_string).collect();
    let events = "dataset.* issue.* release.* label.rejected -issue.edited";
    assert_eq!(rules, [format!("jane/flowers {events}"), format!("jane/trees {events}")]);
}

/// Text without control characters, rich in what has a meaning in commands.
fn name() -> impl Strategy<Value = String> {
    let odd = select(" \"'\\:,;.-!?*#@<>&|`“”’–—\u{a0}\u{200b}\u{200d}\u{202e}花é🌷".chars().collect::<Vec<_>>());
    let c = prop_oneof![4 => any::<char>(), 4 => odd, 4 => proptest::char::range('a', 'z')];
    let piece = prop_oneof![
        12 => c.prop_filter("no control characters", |c| !c.is_control()).prop_map(String::from),
        1 => select(&["&amp;", "<@U1|x>", "by:", "https://a", "\\\""][..]).prop_map(str::to_owned),
    ];
    vec(piece, 1..10).prop_map(|pieces| pieces.concat())
}

fn dataset() -> impl Strategy<Value = DatasetPattern> {
    let side = || name().prop_map(|name| name.replace('/', "_")).boxed();
    let side = || prop_oneof![3 => side(), 1 => Just("*".to_owned())].prop_map(Glob::new);
    (side(), side()).prop_map(|(owner, name)| DatasetPattern { owner, name })
}

fn events(least: usize) -> impl Strategy<Value = Vec<EventSelector>> {
    let mut all: Vec<_> = known_names().collect();
    all.extend(["*", "sample.*", "*.deleted", "issue.*", "iss*", "workunit.created"]);
    let most = all.len();
    subsequence(all, least..most).prop_shuffle().prop_map(|names| names.into_iter().map(Glob::new).collect())
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let filter = (select(&FilterKey::ALL[..]), vec(name().prop_map(Glob::new), 1..4), any::<bool>())
        .prop_map(|(key, values, exclude)| Filter { key, values, exclude });
    vec(filter, 0..6).prop_map(Filter::united)
}

fn options() -> impl Strategy<Value = Options> {
    let time = || (0..24u8, 0..60u8).prop_map(|(hour, minute)| LocalTime { hour, minute });
    let digest = prop_oneof![
        Just(Digest::Hourly),
        time().prop_map(Digest::Daily),
        (0..7u8, time()).prop_map(|(day, time)| Digest::Weekly(day, time)),
    ];
    let batch = prop_oneof![Just(Batch::Auto), Just(Batch::Off), (1..=60u8).prop_map(Batch::Minutes)];
    let quiet = (time(), time()).prop_filter("a while", |(from, until)| from != until);
    (
        of(any::<bool>()),
        of(select(&[Echo::None, Echo::State, Echo::All][..])),
        of(select(&[Style::Line, Style::Card, Style::Full][..])),
        of(batch),
        of(digest),
        subsequence(vec!["U1", "W2AB", "S3"], 0..=3).prop_shuffle(),
        of(quiet.prop_map(|(from, until)| Quiet { from, until })),
    )
        .prop_map(|(threads, echo, style, batch, digest, mention, quiet)| Options {
            threads,
            echo,
            style,
            batch,
            digest,
            mention: mention.into_iter().map(str::to_owned).collect(),
            quiet,
        })
}

fn asked(most: usize) -> impl Strategy<Value = Asked> {
    let datasets = vec(dataset(), 1..=most).prop_map(|mut datasets| {
        let mut seen = std::collections::HashSet::new();
        datasets.retain(|dataset| seen.insert(dataset.clone()));
        datasets
    });
    (datasets, events(0), events(0), filters(), options()).prop_map(|(datasets, include, exclude, filters, options)| {
        let room = 50 - include.len();
        let exclude = exclude.into_iter().take(room).collect();
        Asked { datasets, include, exclude, filters, options }
    })
}

fn command() -> impl Strategy<Value = Command> {
    let target =
        || prop_oneof![(1..u32::MAX).prop_map(Target::Number), dataset().prop_map(Target::Dataset), Just(Target::All)];
    let length = prop_oneof![
        (1..=43_200u32).prop_map(MuteLength::Minutes),
        (0..24i8, 0..60i8).prop_map(|(hour, minute)| MuteLength::Until(Time::constant(hour, minute, 0, 0))),
    ];
    let verb = select(&VERBS[..]).prop_map(|(verb, _)| Topic::Verb(verb));
    let topic = prop_oneof![select(&[Topic::Events, Topic::Filters, Topic::Options, Topic::Datasets][..]), verb];
    let known = select(known_names().map(str::to_owned).collect::<Vec<_>>());
    prop_oneof![
        1 => select(&[Command::Overview, Command::SubscribeModal, Command::Status, Command::Connect][..]),
        1 => select(&[Command::Export, Command::List { all: true }, Command::List { all: false }][..]),
        1 => Just(Command::Import(String::new())),
        6 => asked(5).prop_map(Command::Subscribe),
        4 => asked(1).prop_map(Command::Set),
        2 => (target(), events(0)).prop_map(|(target, events)| Command::Unsubscribe { target, events }),
        1 => (1..u32::MAX).prop_map(Command::Edit),
        1 => (of(dataset()), length).prop_map(|(dataset, length)| Command::Mute { dataset, length }),
        1 => of(dataset()).prop_map(|dataset| Command::Unmute { dataset }),
        1 => (of(target()), of(known)).prop_map(|(target, event)| Command::Test { target, event }),
        1 => (1..=20u8).prop_map(|count| Command::Why { count }),
        1 => name().prop_map(Command::Disconnect),
        1 => name().prop_filter_map("a username", |name| Username::parse(&name)).prop_map(|name| Command::Me(Me::Claim(name))),
        1 => select(&[Me::Show, Me::Forget][..]).prop_map(Command::Me),
        1 => of(name().prop_filter_map("a username", |name| Username::parse(&name)))
            .prop_map(|name| Command::Me(Me::Other(UserId::parse("U1").unwrap(), name))),
        1 => of(topic).prop_map(Command::Help),
    ]
}

/// What Slack makes of a text that is typed or pasted.
fn through_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

proptest! {
    #[test]
    fn every_command_is_read_as_it_is_printed(command in command()) {
        let printed = command.to_string();
        prop_assume!(printed.chars().count() <= LONGEST);
        prop_assert_eq!(&parse(&printed), &Ok(command.clone()), "{}", printed);
        prop_assert_eq!(&parse(&through_slack(&printed)), &Ok(command), "through Slack: {}", printed);
    }

    #[test]
    fn every_rule_is_read_as_it_is_printed(
        dataset in dataset(), include in events(1), exclude in events(0), filters in filters(), options in options(),
    ) {
        let exclude = exclude.into_iter().take(20).collect();
        let rule = Rule { dataset, events: EventSelection { include, exclude }, filters, options };
        let printed = rule.to_string();
        prop_assume!(printed.chars().count() < LONGEST - 10);
        let Ok(Command::Set(asked)) = parse(&format!("set {printed}")) else { panic!("{printed}") };
        prop_assert_eq!(asked.rules(), [rule]);
    }

    #[test]
    fn every_text_has_an_answer(text in r#"(subscribe |set |mute |test |unsub |[-#*?.:,"'\\<>|&;/ ]|\PC|a/b |by:|quiet:){0,80}"#) {
        if let Err(mistake) = parse(&text) {
            prop_assert!(mistake.token.chars().count() <= 100);
            prop_assert!(mistake.corrections.len() <= 3);
            prop_assert!(mistake.corrections.iter().all(|command| command.starts_with("/segments ")));
        }
    }

    #[test]
    fn all_bytes_have_an_answer(bytes in vec(any::<u8>(), 0..10_000)) {
        let _answer = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn what_is_read_is_printed_so_that_it_is_read_again(text in r#"(sub |set )(a/b|\*|\PC/\PC)( [-*a-z.:,"'é—]{0,8}| by:\PC{1,5}| sample.\*){0,6}"#) {
        if let Ok(command) = parse(&text) {
            prop_assert_eq!(parse(&command.to_string()), Ok(command));
        }
    }
}
