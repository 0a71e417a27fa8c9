import type { BumpRefusalReason } from '@holdfast/vocabulary'
import Type from 'typebox'
import { saidFromMembers } from './problem-kind.ts'
import { bumpRefusalSchema } from './schemas/theatre-case.ts'

const bumpRefusalTexts = {
  emergency_is_elective: 'An elective case does not bump others.',
  not_elective: 'Only elective cases are bumped.',
  not_in_the_way: 'A case is bumped only if it has not ended, and has something that the emergency lacks without it.',
} as const satisfies Record<BumpRefusalReason, string>

const ofRoom = {
  inRoomAt: Type.String({
    format: 'date-time',
    description: 'when the other patient came into the room, or the patient into the other room',
  }),
  caseId: Type.String({ format: 'uuid', description: 'the other case' }),
}

/** The problems of the operating theatre: a part of `problemKinds`. */
export const theatreProblemKinds = {
  case_not_found: {
    status: 404,
    title: 'There is no such case',
    help: 'Check the id. Without access to the case, the response is the same as for an id that does not exist.',
  },
  block_not_found: {
    status: 404,
    title: 'There is no such block',
    help: 'List them with GET /clinics/{id}/blocks. Withdrawn ones cannot be changed.',
  },
  case_request_not_found: {
    status: 404,
    title: 'There is no such request on the waitlist',
    help: 'List them with GET /clinics/{id}/case-requests.',
  },
  theatre_resource_not_found: {
    status: 404,
    title: 'There is no such room, person or equipment in this clinic',
    help: 'See `errors` for the field. List them with GET /clinics/{id}/rooms, /staff and /equipment.',
  },
  resource_busy: {
    status: 409,
    title: 'Something that the case needs is taken',
    help: 'See `conflicts`: each names what is taken, from when to when, and by which case. Choose another time.',
  },
  block_being_filled: {
    status: 409,
    title: 'The block is being filled already',
    help: 'See its `filling`. It ends at most a minute after whoever started it has left. Then fill the rest.',
  },
  block_mismatch: {
    status: 409,
    title: 'The case does not start in this block',
    help: 'The block was withdrawn, belongs to another room, or is at another time.',
  },
  outside_hours: {
    status: 409,
    title: 'The room is closed at this time',
    help: 'Choose another time. An admin may override this with a reason.',
  },
  block_overrun: {
    status: 409,
    title: 'The case is longer than what is left of its block',
    help:
      'It would end after the block, or needs more than `remainingMinutes`. Choose another time or block. An admin ' +
      'may override this with a reason.',
    members: { remainingMinutes: Type.Integer({ description: 'what is left of the block' }) },
  },
  block_owned: {
    status: 409,
    title: 'The block belongs to another service or surgeon',
    help: 'Choose another time, or have it released. An admin may override this with a reason.',
  },
  preferred_equipment_missing: {
    status: 409,
    title: 'The surgeon prefers equipment that the case does not have',
    help: 'Add the equipment in `conflicts`. An admin may override this with a reason.',
  },
  room_not_requested: {
    status: 409,
    title: 'The request needs another room',
    help: 'Choose the room in `conflicts`. An admin may override this with a reason.',
  },
  person_away: {
    status: 409,
    title: 'Somebody of the team is away',
    help: 'Choose another time than in `conflicts`, or another person. An admin may override this with a reason.',
  },
  patient_mismatch: {
    status: 409,
    title: 'The record number belongs to another patient',
    help:
      'Check the record number, the name and the birth date. If they are right and the stored ones are wrong, the ' +
      'theatre’s staff send `"correct": true` with the patient.',
  },
  theatre_resource_inactive: {
    status: 409,
    title: 'A room, person or kind of equipment takes no new cases',
    help: 'See `errors` for the field; without them, it is the room of the block. An admin can make it active again.',
  },
  resource_in_use: {
    status: 409,
    title: 'Cases have this room, person or equipment',
    help:
      'See `conflicts`: cases that are not over. Move or cancel them before you make it inactive, or send ' +
      '`withCases=true`: then they stay as they are.',
  },
  units_in_use: {
    status: 409,
    title: 'Cases have more units of this equipment',
    help:
      'See `conflicts`: each is a case that is not over with a unit above the new number. Move or cancel these cases ' +
      'first: a case that is moved gets the lowest units that are free.',
  },
  bump_refused: saidFromMembers({
    status: 409,
    title: 'These cases cannot be bumped',
    help:
      'See `bumpRefusals` for the reason of each. Only elective cases that have something that the emergency needs ' +
      'give way, and not to an elective case. `conflicts` of a refused case name them in `bumpableCaseIds`: choose ' +
      'as few of them as suffice. Nothing was changed.',
    members: { bumpRefusals: Type.Array(bumpRefusalSchema, { description: 'which cases, and why' }) },
    detail: ({ bumpRefusals: [first] }) => {
      if (first === undefined) throw new Error('A bump was refused without a reason.')
      return bumpRefusalTexts[first.reason]
    },
  }),
  milestone_order: {
    status: 409,
    title: 'The milestone does not fit the others',
    help: 'Milestones follow each other. Correct the time, or the earlier or later milestone.',
  },
  milestone_missing: saidFromMembers({
    status: 409,
    title: 'An earlier milestone is missing',
    help:
      'Before incision, closure and out_of_room comes in_room, and before cleaned out_of_room. Record that first. If ' +
      'nobody knows when it was, send `"force": true`.',
    members: { milestone: Type.String({ description: 'which is, or would be, missing' }) },
    detail: ({ milestone }) => `The case would be without ${milestone}.`,
  }),
  room_occupied: {
    status: 409,
    title: 'Another patient is in the room',
    help:
      'As far as was recorded. Record first when that patient left the room. If nobody knows when it was, send ' +
      '`"force": true`.',
    members: ofRoom,
  },
  patient_elsewhere: {
    status: 409,
    title: 'The patient is in another room',
    help:
      'As far as was recorded. Record first when the patient left that room, in the other case. If nobody knows when ' +
      'it was, send `"force": true`.',
    members: ofRoom,
  },
  milestone_time: {
    status: 409,
    title: 'The milestone is in the future, or too far from the case',
    help:
      'A milestone is at most 5 minutes ahead, at most 12 hours before the planned start of the case, and at most a ' +
      'day after its planned or expected end, whichever is later. See `errors` for the limit, and check the day.',
  },
  minutes_in_use: saidFromMembers({
    status: 409,
    title: 'More minutes of the block are used',
    help: 'See `usedMinutes`. Move cases first.',
    members: { usedMinutes: Type.Integer({ description: 'what cases take of the block' }) },
    detail: ({ usedMinutes }) => `Cases take ${usedMinutes} minutes of this block.`,
  }),
  case_request_changed: saidFromMembers({
    status: 409,
    title: 'Somebody has changed the request',
    help: 'Read the request again, and send its `version` with what is still to be changed.',
    members: { version: Type.Integer({ description: 'of what is stored now' }) },
    detail: ({ version }) => `The request has version ${version} now.`,
  }),
  case_request_scheduled: {
    status: 409,
    title: 'The request has a case',
    help: 'Cancel the case first, or leave the request as it is.',
  },
} as const
