//! The contract of the store, line by line, for every implementation of it.

mod anchors;
mod audit;
mod backup;
mod bench;
mod dead_letters;
mod digests;
mod folds;
mod forgetting;
mod installations;
mod keeping;
mod likeness;
mod outcomes;
mod pauses;
mod queues;
mod sled;
mod subscriptions;
mod user_mappings;
mod welcomes;

/// Runs every line of the contract against one backend, each on a store of its own.
macro_rules! contract {
    ($backend:ident, $open:expr, $($module:ident: $($line:ident)*;)*) => {
        mod $backend {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $line() {
                    super::super::$module::$line($open).await;
                })*
            })*
        }
    };
}

/// Names every line once, for each backend.
macro_rules! contracts {
    ($($backend:ident: $open:expr;)*) => {
        $(contract!($backend, $open,
            keeping:
                a_message_is_kept_once
                a_message_that_nobody_wants_is_judged_again_when_it_is_replayed
                a_verdict_is_made_from_the_last_states
                a_verdict_without_a_state_leaves_the_stored_one
                states_of_one_account_are_not_seen_by_another
                many_requests_at_once_keep_each_message_once
                a_verdict_that_panics_leaves_nothing_behind
                endpoints_and_datasets_that_anything_named_are_remembered
                one_workspace_does_not_see_another
                a_large_event_comes_back_whole
                hostile_names_do_not_meet
                what_has_outlived_its_use_is_forgotten
                an_event_that_is_still_needed_outlives_the_rest
                the_oldest_dead_letters_go_when_there_are_too_many
                a_probe_succeeds;
            forgetting:
                a_state_that_nothing_was_heard_of_for_half_a_year_is_forgotten
                what_came_to_an_account_that_is_gone_is_forgotten
                the_names_of_so_many_datasets_are_kept_and_the_events_of_others_taken;
            subscriptions:
                a_channel_without_a_book_has_an_empty_one
                an_edit_is_stored_and_raises_the_revision
                an_edit_from_an_old_revision_moves_nothing
                a_cause_is_carried_out_once_a_channel
                a_cause_that_is_noted_is_new_once_a_channel_until_it_is_forgotten
                a_number_is_never_given_again
                an_undo_is_used_once
                an_undo_that_has_expired_is_not_carried_out
                a_pause_takes_active_subscriptions_along
                resuming_makes_paused_and_waiting_subscriptions_active
                undos_and_causes_are_forgotten_when_they_expire;
            queues:
                deliveries_come_in_the_order_of_acceptance
                a_claim_gives_no_more_than_asked
                a_claim_changes_nothing
                a_delivery_is_held_until_its_time
                what_is_held_does_not_hold_up_what_is_due
                an_intent_lasts_until_it_is_settled
                what_is_done_does_not_come_back
                what_is_tried_again_waits_and_remembers_why
                a_try_that_does_not_count_is_not_counted
                what_is_given_up_is_a_dead_letter
                a_paused_lane_keeps_its_deliveries
                settling_twice_changes_nothing_more
                the_backlog_counts_what_waits
                lanes_with_nothing_pending_are_not_listed
                what_is_held_can_be_let_go_or_held_for_another_time
                what_waits_to_be_tried_again_is_not_let_go
                mutes_are_kept_in_the_book
                a_claim_tells_of_ended_mutes_that_held_something_until_a_call_did;
            dead_letters:
                a_letter_tells_what_it_was_about
                a_letter_that_is_sent_again_stands_at_the_end_as_if_it_was_never_tried
                an_event_outlives_its_letter_that_is_sent_again
                a_letter_that_dies_again_has_another_name
                a_letter_that_is_dropped_is_gone_and_so_is_its_event
                letters_that_are_not_there_change_nothing;
            folds:
                a_fold_is_kept_with_what_it_covers
                a_fold_that_grew_stands_in_the_place_of_what_it_was
                a_fold_that_waits_to_be_closed_stands_beside_a_newer_one
                folds_of_different_keys_do_not_meet
                a_lane_is_listed_until_its_last_fold_is_closed
                a_call_that_was_begun_remembers_the_fold_it_shows;
            outcomes:
                each_end_is_told_the_last_one_first
                what_waits_is_told_the_newest_first
                the_last_200_ends_are_kept
                a_burst_larger_than_what_is_kept_leaves_its_last
                what_ended_is_told_of_its_own_channel_only
                what_is_tried_again_has_not_ended
                settling_twice_tells_one_end;
            anchors:
                an_anchor_comes_with_the_deliveries_of_its_issue
                an_anchor_that_is_behind_comes_unasked_and_keeps_its_lane_listed
                the_anchors_that_wait_longest_come_first
                an_anchor_that_is_gone_is_forgotten
                a_call_that_was_begun_remembers_its_thread_and_anchors
                an_issue_that_is_not_heard_of_for_half_a_year_loses_its_anchor
                an_own_change_is_an_echo_once_and_in_its_channel
                an_own_change_that_comes_too_late_is_news
                an_own_change_that_never_comes_is_forgotten;
            digests:
                a_delivery_remembers_its_digest_also_when_it_is_tried_again
                what_is_held_can_be_moved_into_a_digest_and_out_of_it
                a_digest_that_lacks_something_is_kept_with_what_it_covers
                a_lane_is_listed_until_its_last_digest_is_closed
                the_last_state_of_a_dataset_is_found_whichever_endpoint_left_it;
            pauses:
                a_week_counts_from_acceptance_from_the_pause_and_from_the_end_of_a_mute
                a_lane_that_is_not_paused_gives_nothing_up
                a_long_lane_is_given_up_whole
                five_creators_of_paused_subscriptions_are_told_once
                nobody_is_told_of_a_pause_that_is_over;
            user_mappings:
                a_person_has_one_username_and_a_username_one_person
                anothers_username_is_taken_only_from_whom_the_claim_replaces
                a_forgotten_username_is_free_again
                a_workspace_has_no_more_usernames_than_are_kept;
            audit:
                a_deed_is_kept_with_the_edit_that_it_tells_of_and_only_with_it
                the_newest_audit_entries_are_kept_for_half_a_year;
            welcomes:
                a_channel_is_to_be_welcomed_once_for_ever
                of_many_at_once_one_welcomes_a_channel
                the_last_states_of_objects_are_found_whichever_endpoint_left_them;
            installations:
                an_installation_is_replaced_only_as_it_is_known
                the_mark_of_a_token_is_kept_with_its_workspace
                an_account_is_found_with_its_workspace
                an_account_belongs_to_one_workspace
                a_setup_is_changed_only_as_it_is_known
                a_workspace_has_at_most_fifty_accounts
                what_comes_to_an_account_leaves_its_setup_alone
                a_record_of_before_setups_is_still_read
                a_name_is_that_of_one_account_of_a_workspace
                what_is_to_be_told_of_an_account_is_on_disk_with_what_it_is_about
                a_dataset_is_an_accounts_own_as_long_as_no_other_sends_it
                a_dataset_of_before_its_accounts_were_kept_is_still_read;
            backup:
                a_restored_store_is_as_the_one_that_was_backed_up
                a_backup_shows_one_moment_while_writes_go_on;
            likeness:
                any_history_looks_as_in_a_simple_model;
        );)*
    };
}

contracts! {
    on_sled: crate::store_contract::bench::Bench::sled();
}
