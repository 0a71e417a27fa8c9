import type { VerifyFinding } from '../src/model/verify-report.ts'

/**
 * What becomes of a change by hand: `verify` has a finding of this kind, or a constraint rejects the change, or it is
 * out of scope, because of the reason.
 */
export type Consequence = VerifyFinding['kind'] | { refusedBy: string } | { outOfScope: string }

/** The new value of a column, an SQL expression; what becomes of it; and of which row, if not that of the table. */
export type Corruption = readonly [value: string, consequence: Consequence, where?: string]

export type CorruptedTable = { where: string; columns: Readonly<Record<string, Corruption>> }

export const refusedBy = (constraint: string) => ({ refusedBy: constraint })
export const outOfScope = (reason: string) => ({ outOfScope: reason })

export const later = (column: string) => `${column} + interval '1 millisecond'`
export const anotherId = 'holdfast.new_id($clinic, now())'

const slotOfOffer = 'select b.slot_id from holdfast.booking b where b.id = $offer'

export const onlyCopy = outOfScope('it is stored only here, and nothing else follows from it')
export const limitsOnly = outOfScope('it counts towards a limit until it is deleted, and says nothing of a booking')
const wish = outOfScope('what a person waits for is stored only here')
const wantedCase = outOfScope('a case may differ from its request, which is stored only here')
const delivery = outOfScope('how a message is delivered is no state of a booking')
const inTheMiddle = outOfScope('between two events of the booking, no digest contains it')
const plan = outOfScope('blocks are changed in place; a case has what it took in its own log')
const lease = outOfScope('it says only which process works for the receiver')

/**
 * One change by hand of each column of each table that `verify` is responsible for. `$name` is an id of the scene
 * (verify-scene.ts).
 */
export const corruptedColumns: Readonly<Record<string, CorruptedTable>> = {
  slot: {
    where: 'id = $slot',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('slot_check')],
      id: [anotherId, 'orphaned_booking'],
      resource_id: ['$colleague', 'slot_differs', 'id = $empty'],
      starts_at: [later('starts_at'), 'slot_differs'],
      ends_at: [`ends_at - interval '1 millisecond'`, 'slot_differs'],
      capacity: ['capacity + 1', 'slot_differs'],
      taken: ['taken - 1', 'taken_differs'],
      next_lapse: [`next_lapse + interval '1 hour'`, 'next_lapse_late'],
      withdrawn_at: ['now()', 'slot_differs', 'id = $empty'],
      // An offer of the same millisecond as the slot is noted as older.
      created_at: [
        `created_at + interval '1 hour', oldest_booking_at = null`,
        'older_booking',
        `id = (${slotOfOffer})`,
      ],
      oldest_booking_at: ['null', 'older_booking'],
      blocked_at: ['now()', 'slot_differs'],
      digest: ['null', 'slot_differs'],
      session_id: ['gen_random_uuid(), visit_type_id = gen_random_uuid()', 'slot_differs'],
      visit_type_id: ['gen_random_uuid()', refusedBy('slot_of_visit')],
      buffer_before_minutes: ['buffer_before_minutes + 5', 'slot_differs'],
      buffer_after_minutes: ['buffer_after_minutes + 5', 'slot_differs'],
      // Of visits: visit-needs.test.ts.
      takes: [`'[]'`, refusedBy('slot_takes')],
    },
  },
  booking: {
    where: 'id = $second',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('booking_is_valid')],
      id: [anotherId, 'event_missing'],
      slot_id: ['$empty', 'state_differs'],
      resource_id: ['$colleague', 'state_differs'],
      units: ['units + 1', 'state_differs'],
      status: [`'ARRIVED'`, 'state_differs'],
      failure_reason: [`'hold_released'`, 'state_differs', 'id = $cancelled'],
      hold_expires_at: ['now()', 'state_differs'],
      extended_by: ['gen_random_uuid()', 'state_differs', 'id = $held'],
      account_id: ['gen_random_uuid()', 'state_differs', 'id = $owned'],
      appointment_type: [`'video'`, 'state_differs'],
      patient: [`'{"name": "Someone else"}'`, 'state_differs'],
      reason: [`'another'`, 'state_differs'],
      cancellation_reason: [`'another'`, 'state_differs', 'id = $cancelled'],
      version: ['version + 1', 'event_missing'],
      created_at: [later('created_at'), 'state_differs'],
      updated_at: [later('updated_at'), 'state_differs'],
      erased_at: [later('erased_at'), 'state_differs', 'id = $erased'],
      waitlist_entry_id: ['null', 'offer_differs', 'id = $offer'],
      attendance_confirmed_at: ['null', 'state_differs'],
      requested_at: ['now()', 'state_differs'],
    },
  },
  // The event in the middle: a hold that is extended twice.
  booking_event: {
    where: 'booking_id = $held and version = 2',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('booking_event_is_valid')],
      booking_id: [anotherId, 'event_gap'],
      version: ['9', 'event_gap'],
      xid: [`'3'`, outOfScope('transaction numbers of a booking need not ascend, and begin anew after a restore')],
      seq: ['seq + 1000000', 'illegal_transition'],
      at: [later('at'), inTheMiddle],
      type: [`'confirmed'`, 'illegal_transition'],
      slot_id: ['$empty', 'illegal_transition'],
      resource_id: ['$colleague', 'illegal_transition'],
      units: ['units + 1', 'illegal_transition'],
      hold_expires_at: [later('hold_expires_at'), inTheMiddle],
      from_slot_id: ['$empty', 'illegal_transition'],
      reason: [`'hold_expired'`, 'illegal_transition'],
      actor_id: ['gen_random_uuid()', inTheMiddle],
      status_after: [`'CONFIRMED'`, refusedBy('booking_event_is_valid')],
      request_key: ['gen_random_uuid()', 'state_differs', 'booking_id = $held and version = 3'],
      booking_digest: [`'\\x00'`, 'illegal_transition'],
      case_details: [
        `jsonb_set(case_details, '{allocations}', '[]')`,
        'allocations_differ',
        `booking_id = $case and case_details ? 'allocations'`,
      ],
      waitlist_entry_id: ['null', 'offer_differs', `booking_id = $offer and type = 'offered'`],
    },
  },
  late_event: {
    where: 'booking_id = $cancelled and version = 2',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('late_event_check')],
      booking_id: ['$first', 'copy_differs'],
      version: ['3', 'copy_differs'],
      xid: [`'4'`, 'copy_differs'],
      seq: ['seq + 1', 'copy_differs'],
      at: [later('at'), 'copy_differs'],
      type: [`'failed'`, 'copy_differs'],
      slot_id: ['$empty', 'copy_differs'],
      resource_id: ['$colleague', 'copy_differs'],
      units: ['units + 1', 'copy_differs'],
      hold_expires_at: ['now()', 'copy_differs'],
      from_slot_id: ['$empty', 'copy_differs'],
      reason: [`'hold_released'`, 'copy_differs'],
      actor_id: ['gen_random_uuid()', 'copy_differs'],
      status_after: [`'CANCELLED'`, 'copy_differs'],
      case_details: [`'{}'`, 'copy_differs'],
    },
  },
  idempotency: {
    where: 'booking_id = $second',
    columns: {
      clinic_no: ['clinic_no + 1', outOfScope('no clinic has the number, and no request finds the key')],
      key: ['gen_random_uuid()', 'key_differs'],
      request_hash: ['gen_random_uuid()', outOfScope('a retry is rejected: the digest is stored only here')],
      booking_id: ['$first', 'key_differs'],
      created_at: [later('created_at'), 'key_differs'],
    },
  },
  manage_token: {
    where: 'booking_id = $second',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('manage_token_check')],
      booking_id: [anotherId, 'token_without_booking'],
      epoch: ['epoch + 1', onlyCopy],
      renewal_key: ['gen_random_uuid()', onlyCopy],
      renewed_at: [later('renewed_at'), onlyCopy],
    },
  },
  booking_origin: {
    where: 'booking_id = $owned',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('booking_origin_check')],
      subject: ['gen_random_uuid()', limitsOnly],
      booking_id: ['$first', limitsOnly],
      kind: [`'contact'`, limitsOnly],
      at: [later('at'), limitsOnly],
      key: ['gen_random_uuid()', limitsOnly],
    },
  },
  waitlist_entry: {
    where: 'id = $entry',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('waitlist_entry_check')],
      id: [anotherId, 'offer_differs'],
      resource_id: ['$colleague', wish],
      specialization: [`'Surgery'`, refusedBy('waitlist_entry_check1')],
      from_date: ['from_date + 1', wish],
      to_date: ['to_date + 1', wish],
      weekdays: [`'{1}'`, wish],
      time_from: [`'10:00'`, wish],
      time_to: [`'10:00'`, wish],
      visit_type_id: ['gen_random_uuid()', wish],
      units: ['units + 1', 'offer_differs'],
      urgency: ['2', wish],
      missed: ['missed + 1', 'offer_differs'],
      joined_at: [later('joined_at'), wish],
      joined_by: ['gen_random_uuid()', wish],
      account_id: ['gen_random_uuid()', wish],
      patient: [`'{"name": ""}'`, 'offer_differs'],
      offer_id: ['null', 'offer_differs'],
      ended_at: [later('ended_at'), 'offer_differs', 'id = $acceptedEntry'],
      end_reason: [`'left'`, 'offer_differs', 'id = $acceptedEntry'],
      erased_at: ['now()', 'offer_differs', 'id = $acceptedEntry'],
    },
  },
  waitlist_offer: {
    where: 'booking_id = $accepted',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('waitlist_offer_check')],
      entry_id: ['$entry', 'offer_differs'],
      slot_id: ['$empty', 'offer_differs'],
      booking_id: [anotherId, 'offer_differs'],
      offered_at: [later('offered_at'), 'offer_differs'],
      ends_at: [later('ends_at'), 'offer_differs'],
      outcome: [`'declined'`, 'offer_differs'],
      closed_at: [later('closed_at'), 'offer_differs'],
      notified: ['true', outOfScope('of an offer that was not missed, nothing follows from it')],
      position: ['7', outOfScope('it is what a message says, and is stored only here')],
    },
  },
  waitlist_origin: {
    where: 'entry_id = $entry',
    columns: {
      clinic_no: ['clinic_no + 1', limitsOnly],
      subject: ['gen_random_uuid()', limitsOnly],
      entry_id: [anotherId, limitsOnly],
      kind: [`'contact'`, limitsOnly],
    },
  },
  theatre_case: {
    where: 'booking_id = $case',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('theatre_case_check')],
      booking_id: [anotherId, 'case_differs'],
      room_id: ['$robot', 'case_differs'],
      starts_at: [later('starts_at'), 'case_differs'],
      ends_at: [`ends_at - interval '1 minute'`, 'case_differs'],
      expected_ends_at: [`expected_ends_at + interval '1 minute'`, 'case_differs'],
      turnover_minutes: ['turnover_minutes + 1', 'case_differs'],
      surgeon_id: ['$colleague', 'case_differs'],
      anaesthetist_id: ['$colleague', 'case_differs'],
      staff_ids: ['array[$colleague]', 'case_differs'],
      equipment: [`'[]'`, 'case_differs'],
      patient_id: [
        '(select t.id from holdfast.patient t where t.id <> patient_id and t.clinic_no = $clinic limit 1)',
        'case_differs',
      ],
      service: [`'Urology'`, 'case_differs'],
      procedure_code: [`'1'`, 'case_differs'],
      procedure_display: [`'Another'`, 'case_differs'],
      urgency: [`'urgent'`, 'case_differs'],
      override: [`'{"rules": ["room_hours"], "reason": "no"}'`, 'case_differs'],
      request_id: ['$open', 'case_differs'],
      digest: ['null', 'case_differs'],
    },
  },
  case_request: {
    where: 'id = $request',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('case_request_check')],
      id: [anotherId, 'case_differs'],
      patient_id: [
        '(select t.id from holdfast.patient t where t.id <> patient_id and t.clinic_no = $clinic limit 1)',
        wantedCase,
      ],
      service: [`'Urology'`, wantedCase],
      procedure_code: [`'1'`, wantedCase],
      procedure_display: [`'Another'`, wantedCase],
      minutes: ['minutes + 1', wantedCase],
      urgency: [`'urgent'`, wantedCase],
      due_on: [`'2100-01-01'`, wantedCase],
      room_id: ['null', wantedCase],
      surgeon_id: ['null', wantedCase],
      anaesthetist_id: ['$colleague', wantedCase],
      staff_ids: ['array[$colleague]', wantedCase],
      equipment: [`'[]'`, wantedCase],
      note: [`'Another'`, wantedCase],
      case_id: ['null', 'case_differs'],
      bumped_case_id: ['$early', 'case_differs'],
      bump_reason: [`'Another'`, wantedCase],
      withdrawn_at: ['now()', 'case_differs'],
      created_by: ['gen_random_uuid()', wantedCase],
      created_at: [later('created_at'), wantedCase],
      version: ['version + 1', wantedCase],
    },
  },
  case_milestone: {
    where: `booking_id = $case and milestone = 'arrived'`,
    columns: {
      clinic_no: ['clinic_no + 1', 'case_differs'],
      booking_id: [anotherId, 'case_differs'],
      milestone: [`'in_room'`, 'case_differs'],
      at: [later('at'), 'case_differs'],
    },
  },
  allocation: {
    where: 'booking_id = $case and resource_id = $robot',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('allocation_check')],
      booking_id: ['$early', 'allocations_differ'],
      resource_id: ['$colleague', 'allocations_differ'],
      unit_no: ['unit_no + 1', 'allocations_differ'],
      kind: [`'staff'`, 'allocations_differ'],
      during: [`tstzrange(lower(during), upper(during) - interval '1 minute')`, 'allocations_differ'],
      planned_at: [later('planned_at'), 'allocations_differ', 'booking_id = $early'],
    },
  },
  block: {
    where: 'slot_id = $block',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('block_check')],
      slot_id: [anotherId, 'case_differs'],
      service: [`'Urology'`, plan],
      surgeon_id: ['$doctor', plan],
      release_days: ['3', plan],
      released_at: ['now()', plan],
      series_id: ['gen_random_uuid()', plan],
      updated_by: ['gen_random_uuid()', plan],
      minutes: ['60', plan],
    },
  },
  message: {
    where: 'booking_id = $first',
    columns: {
      clinic_no: ['clinic_no + 1', refusedBy('message_check')],
      id: [anotherId, delivery],
      booking_id: ['$old', 'message_missing'],
      version: ['7', 'message_without_event'],
      slot_id: ['$empty', delivery],
      kind: [`'reminder'`, 'message_missing'],
      channel: [`'sms'`, 'message_missing'],
      minutes_before: ['5', delivery],
      by_patient: ['true', delivery],
      state: [`'skipped'`, refusedBy('message_check2')],
      due_at: [later('due_at'), delivery],
      attempts: ['attempts + 1', delivery],
      attempts_lost: ['attempts_lost + 1', delivery],
      attempt_until: ['now()', delivery],
      masked_address: [`'a…@example.org'`, delivery],
      result: [`'sent'`, delivery],
      content: [`'{}'`, refusedBy('message_check3')],
      done_at: ['now()', refusedBy('message_check2')],
      created_at: [later('created_at'), delivery],
      by_clinic: ['true', delivery],
      sent_again_at: ['now()', delivery],
      failure: [`'refused'`, delivery],
      reason: [`'no_address'`, delivery],
      before_sending: ['true', delivery],
      may_have_arrived: ['true', delivery],
      attempted_at: ['now()', delivery],
    },
  },
  log_receiver: {
    where: `name = 'email'`,
    columns: {
      name: [`'search'`, lease],
      epoch: ['epoch + 1', 'receiver_differs'],
      xid: [`'1000000000000'`, 'receiver_differs'],
      seq: ['seq + 1000000000000', 'receiver_differs'],
      holder: ['gen_random_uuid()', refusedBy('log_receiver_check')],
      held_until: ['now()', refusedBy('log_receiver_check')],
      delivered_at: [later('delivered_at'), lease],
      added_at: [later('added_at'), lease],
    },
  },
  log_epoch: {
    where: 'true',
    columns: {
      no: ['no + 1', outOfScope('receivers of an older epoch read that of the database')],
      server: [`'another'`, outOfScope('the next process begins an epoch')],
      starts_at: [`'1000000000000'`, 'receiver_differs'],
      began_at: [later('began_at'), onlyCopy],
    },
  },
}
