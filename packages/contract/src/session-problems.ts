import Type from 'typebox'
import { saidFromMembers } from './problem-kind.ts'
import { literals } from './schemas/literals.ts'
import { visitResourceKindSchema } from './schemas/visit-resource.ts'

/** The problems of working hours, of open sessions, and of visits in them: a part of `problemKinds`. */
export const sessionProblemKinds = {
  working_hours_changed: saidFromMembers({
    status: 409,
    title: 'Somebody has changed the working hours',
    help: 'Read the working hours again, and send their `version` with what is still to be changed.',
    members: { version: Type.Integer({ description: 'of what is stored now' }) },
    detail: ({ version }) => `The working hours have version ${version} now.`,
  }),
  session_not_found: {
    status: 404,
    title: 'There is no such session',
    help: 'List when visits can begin with GET /doctors/{id}/times.',
  },
  time_not_offered: {
    status: 409,
    title: 'No visit of this type begins at this time',
    help:
      'It would not fit into the session or the slot, or the time is not on the grid of the session. Choose one of ' +
      'GET /doctors/{id}/times, or a longer slot.',
    detail: 'No visit of this type begins at this time, or the slot is too short for it.',
  },
  needs_taken: saidFromMembers({
    status: 409,
    title: 'No room or device that the visit needs is free at this time',
    help: 'Choose another time of GET /doctors/{id}/times or GET /clinics/{id}/times.',
    members: {
      missing: Type.Array(
        Type.Object({ kind: visitResourceKindSchema, name: Type.Union([Type.String(), Type.Null()]) }),
        {
          description:
            'what is missing: `name` of the device, or of the room if only one would do; null: none of several rooms ' +
            'is free',
        },
      ),
    },
    detail: ({ missing }) =>
      `Not free at this time: ${missing.map(({ kind, name }) => name ?? `a ${kind}`).join(', ')}.`,
  }),
  visit_type_not_offered: {
    status: 409,
    title: 'The visit type cannot be booked here',
    help: 'The doctor does not offer it, not in this session, or it was switched off. Choose another type or doctor.',
    detail: 'The doctor does not offer this visit type in this session.',
  },
  visit_type_restricted: saidFromMembers({
    status: 409,
    title: 'Only some people can book this visit type',
    help: 'Contact the clinic, which can book it for you. Patients whom it has seen before have to sign in.',
    members: { bookableBy: literals(['desk', 'known_patients'], { description: 'who can book it' }) },
    detail: ({ bookableBy }) =>
      bookableBy === 'desk'
        ? 'Only the clinic books visits of this type.'
        : 'Only patients whom the clinic has seen before, and who are signed in, can book visits of this type.',
  }),
}
