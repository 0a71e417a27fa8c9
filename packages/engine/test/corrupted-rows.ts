import { type Consequence, limitsOnly, onlyCopy, outOfScope } from './corrupted-columns.ts'

/** Rows that are deleted or added by hand. */
export const corruptedRows: Readonly<Record<string, readonly [statement: string, consequence: Consequence]>> = {
  'the digests of all events of a booking': [
    'update holdfast.booking_event set booking_digest = null where booking_id = $second',
    'state_differs',
  ],
  'the digest of the first event': [
    'update holdfast.booking_event set booking_digest = null where booking_id = $old and version = 1',
    'illegal_transition',
  ],
  'a hold that ends never': [
    'update holdfast.booking_event set hold_expires_at = null where booking_id = $held and version = 2',
    'illegal_transition',
  ],
  'the account that booked, as a guest': [
    'update holdfast.booking_event set actor_id = null where booking_id = $owned and version = 1',
    'state_differs',
  ],
  'the account that booked, as another one': [
    'update holdfast.booking_event set actor_id = gen_random_uuid() where booking_id = $owned and version = 1',
    outOfScope('It may be of the desk, which gave the booking the account of a former one.'),
  ],
  'when a booking was created': [
    `update holdfast.booking_event set at = at - interval '1 second' where booking_id = $held and version = 1`,
    'state_differs',
  ],
  'a deleted slot': ['delete from holdfast.slot where id = $slot', 'orphaned_booking'],
  'a deleted booking': ['delete from holdfast.booking where id = $second', 'state_differs'],
  'a live booking that is deleted with its events and its key': [
    `with log as (delete from holdfast.booking_event where booking_id = $held),
          key as (delete from holdfast.idempotency where booking_id = $held)
     delete from holdfast.booking where id = $held`,
    'taken_differs',
  ],
  'a booking that is over, deleted with its events within a day': [
    `with log as (delete from holdfast.booking_event where booking_id = $erased)
     delete from holdfast.booking where id = $erased`,
    'key_without_booking',
  ],
  'one whose message is left': [
    `with log as (delete from holdfast.booking_event where booking_id = $first),
          key as (delete from holdfast.idempotency where booking_id = $first)
     delete from holdfast.booking where id = $first`,
    'message_without_event',
  ],
  'one whose token is left': [
    `with log as (delete from holdfast.booking_event where booking_id = $second),
          key as (delete from holdfast.idempotency where booking_id = $second)
     delete from holdfast.booking where id = $second`,
    'token_without_booking',
  ],
  'a booking that is over, deleted with all that names it': [
    `with log as (delete from holdfast.booking_event where booking_id = $cancelled),
          copies as (delete from holdfast.late_event where booking_id = $cancelled),
          key as (delete from holdfast.idempotency where booking_id = $cancelled)
     delete from holdfast.booking where id = $cancelled`,
    outOfScope('a booking that took nothing and that nothing names leaves no trace, as when its month is archived'),
  ],
  'a deleted first event': [
    'delete from holdfast.booking_event where booking_id = $second and version = 1',
    'event_gap',
  ],
  'the keys of two claims of one batch, swapped': [
    `update holdfast.idempotency set booking_id = case booking_id when $left then $right else $left end
      where booking_id in ($left, $right)`,
    'key_differs',
  ],
  'a deleted key': ['delete from holdfast.idempotency where booking_id = $second', limitsOnly],
  'a deleted token': ['delete from holdfast.manage_token where booking_id = $second', onlyCopy],
  'a token of nothing': [
    `insert into holdfast.manage_token (clinic_no, booking_id, epoch, renewal_key)
     values ($clinic, holdfast.new_id($clinic, now()), 1, gen_random_uuid())`,
    'token_without_booking',
  ],
  'a deleted origin': ['delete from holdfast.booking_origin where booking_id = $owned', limitsOnly],
  'a deleted origin of an entry': ['delete from holdfast.waitlist_origin where entry_id = $entry', limitsOnly],
  'a deleted entry with an offer': ['delete from holdfast.waitlist_entry where id = $entry', 'offer_differs'],
  'a deleted offer': ['delete from holdfast.waitlist_offer where booking_id = $accepted', 'offer_differs'],
  'a deleted case': ['delete from holdfast.theatre_case where booking_id = $case', 'case_differs'],
  'a deleted request': ['delete from holdfast.case_request where id = $request', 'case_differs'],
  'a deleted milestone': ['delete from holdfast.case_milestone where booking_id = $case', 'case_differs'],
  'a deleted allocation': ['delete from holdfast.allocation where booking_id = $case', 'allocations_differ'],
  'a deleted block': ['delete from holdfast.block where slot_id = $block', 'case_differs'],
  'a deleted identifier': ['delete from holdfast.patient_identifier where patient_id = $record', 'patient_differs'],
  'a link of what does not exist': [
    `insert into holdfast.booking_patient (clinic_no, booking_id, patient_id, linked_at)
     values ($clinic, holdfast.new_id($clinic, now()), $record, now())`,
    'patient_differs',
  ],
  'a link of a case': [
    `insert into holdfast.booking_patient (clinic_no, booking_id, patient_id, linked_at)
     values ($clinic, $case, $record, now())`,
    'patient_differs',
  ],
  'a deleted link': ['delete from holdfast.booking_patient where booking_id = $first', onlyCopy],
  'a deleted message': ['delete from holdfast.message where booking_id = $first', 'message_missing'],
}
