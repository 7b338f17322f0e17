//! A rule and the form that shows it say the same.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn rule(text: &str) -> Rule {
    let Ok(Command::Set(asked)) = parse(&format!("set {text}")) else { panic!("`{text}` is no rule") };
    asked.rules().remove(0)
}

fn channel() -> ChannelId {
    ChannelId::parse("C1").unwrap()
}

/// The rule that a form asks for.
fn asked(form: &Form) -> Rule {
    form.asked().unwrap().rules().remove(0)
}

#[test]
fn what_has_a_box_is_ticked_and_the_rest_stands_in_words() {
    let form =
        Form::of(&rule("jane/flowers sample.* issue.closed *.deleted new.type -sample.deleted by:ann"), channel());
    assert_eq!(form.ticked.iter().collect::<Vec<_>>(), ["issue.closed", "sample.*"]);
    assert_eq!(form.more, "*.deleted new.type -sample.deleted");
    assert_eq!((form.dataset.as_str(), form.filters.as_str()), ("jane/flowers", "by:ann"));
}

#[test]
fn every_mistake_stands_beside_its_input() {
    let form = Form {
        more: "sampel.created".to_owned(),
        filters: "colour:red".to_owned(),
        quiet: (Some("19:00".to_owned()), None),
        ..Form::new(Some(channel()))
    };
    let wrong = form.asked().unwrap_err();
    let blocks: Vec<&str> = wrong.iter().map(|wrong| wrong.block.as_str()).collect();
    assert_eq!(blocks, [block::DATASET, block::MORE, block::FILTERS, block::QUIET_UNTIL]);
    let elsewhere = Form { dataset: "jane/flowers by:ann".to_owned(), filters: "style:full".to_owned(), ..form };
    let wrong = elsewhere.asked().unwrap_err();
    assert!(wrong.iter().filter(|wrong| wrong.why == Why::Elsewhere).count() == 2, "{wrong:?}");
}

#[test]
fn nothing_ticked_and_nothing_typed_asks_for_the_default_events() {
    let form = Form { dataset: "jane/flowers".to_owned(), ..Form::default() };
    assert_eq!(asked(&form).events, EventSelection::default_set());
}

#[test]
fn filled_in_values_are_read_and_foreign_blocks_are_ignored() {
    let view: View = serde_json::from_value(json!({"state": {"values": {
        "dataset": {"dataset": {"selected_option": {"value": "jane/flowers"}}},
        "events_sample": {"events_sample": {"selected_options": [{"value": "sample.created"}, {"value": "sample.sold"}]}},
        "style": {"style": {"selected_option": {"value": USUAL}}},
        "digest": {"digest": {"selected_option": {"value": "weekly"}}},
        "digest_day": {"digest_day": {"selected_option": {"value": "fri"}}},
        "digest_time": {"digest_time": {"selected_time": "17:30"}},
        "mention": {"mention": {"selected_users": ["U1"]}},
    }}}))
    .unwrap();
    let form = Form::read(&view, Some(channel()), vec!["S1".to_owned()]);
    assert_eq!(
        asked(&form).to_string(),
        "jane/flowers sample.created digest:weekly@fri-17:30 mention:<@U1>,<!subteam^S1>"
    );
}

#[test]
fn form_context_survives_and_changed_values_stay_changed() {
    let long = |word: &str| vec![word; TYPED].join(" ");
    let opened = Form {
        dataset: format!("jane/{}", "x".repeat(ENTRY)),
        more: long("-a.b"),
        filters: long("by:x"),
        ..Form::default()
    };
    let shown =
        Form { dataset: String::new(), more: typed(&opened.more), filters: "by:x".to_owned(), ..Form::default() };
    let back = shown.with_what_did_not_fit(&opened);
    assert_eq!(back, Form { filters: "by:x".to_owned(), ..opened.clone() });
    let other = Form { dataset: "jane/flowers".to_owned(), ..Form::default() };
    assert_eq!(other.clone().with_what_did_not_fit(&opened), other);
}

fn words() -> impl Strategy<Value = String> {
    let events: Vec<String> = NOUNS
        .iter()
        .flat_map(|noun| boxes(noun))
        .chain(
            ["*", "*.deleted", "sample.c*", "new.type", "-label.started", "-*.deleted", "-issue.edited"]
                .map(str::to_owned),
        )
        .collect();
    let filters = [
        "by:ann,john",
        "-by:robot",
        "status:REJECTED",
        "labelset:\"my set\"",
        "text:\"wrong class\",x",
        "sample:img_*",
    ];
    let options = [
        "style:line",
        "style:full",
        "threads:off",
        "echo:state",
        "echo:all",
        "batch:off",
        "batch:7m",
        "digest:hourly",
        "digest:daily@07:05",
        "digest:weekly@sun-23:59",
        "quiet:19:00-08:00",
        "mention:<@U1>,<!subteam^S1>",
    ];
    let datasets =
        prop::sample::select(vec!["jane/flowers", "*", "*/lidar-*", "\"jane/my flowers\"", "jane/花", "j*/x?y"]);
    (
        datasets,
        prop::sample::subsequence(events, 0..8),
        prop::sample::subsequence(filters.to_vec(), 0..4),
        prop::sample::subsequence(options.to_vec(), 0..6),
    )
        .prop_map(|(dataset, events, filters, options)| {
            [dataset.to_owned(), events.join(" "), filters.join(" "), options.join(" ")].join(" ")
        })
}

proptest! {
    #[test]
    fn a_rule_becomes_a_form_and_the_same_rule_again(words in words()) {
        let rule = rule(&words);
        prop_assume!(!rule.events.is_empty());
        let back = asked(&Form::of(&rule, channel()));
        let sorted = |mut events: EventSelection| {
            events.include.sort();
            events.include.dedup();
            events.exclude.sort();
            events
        };
        prop_assert_eq!(sorted(back.events.clone()), sorted(rule.events.clone()));
        prop_assert_eq!(&back.dataset, &rule.dataset);
        prop_assert_eq!(&back.filters, &rule.filters);
        prop_assert_eq!(&back.options, &rule.options);
        // The line that says the same in words is read back to it.
        prop_assert_eq!(parse(&format!("set {back}")).map(|command| command.to_string()), Ok(format!("set {back}")));
    }

    #[test]
    fn whatever_is_typed_has_an_answer(more in ".{0,60}", filters in ".{0,60}", dataset in ".{0,60}") {
        let form = Form { dataset, more, filters, ..Form::default() };
        let _ = form.asked();
    }
}
