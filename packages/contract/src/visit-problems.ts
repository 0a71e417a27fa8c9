import { answerFaults, combinationFaults, visitResourceLimits, visitTypeLimits } from '@holdfast/vocabulary'
import Type from 'typebox'
import { saidFromMembers } from './problem-kind.ts'
import { literals } from './schemas/literals.ts'
import { visitQuestionSchema } from './schemas/visit-question.ts'

const { devicesMax, minutes, parts, questionsMax } = visitTypeLimits

/** The problems of visit types: a part of `problemKinds`. */
export const visitProblemKinds = {
  visit_type_not_found: {
    status: 404,
    title: 'There is no such visit type',
    help: 'List them with GET /clinics/{id}/visit-types.',
  },
  not_combinable: saidFromMembers({
    status: 409,
    title: 'These visit types cannot be booked as one visit',
    help: 'Book them as separate appointments, or call the clinic.',
    members: {
      unsuitable: literals(combinationFaults, { description: 'What does not suit, or is too much for one visit' }),
    },
    detail: ({ unsuitable }) =>
      ({
        parts: `A combination has ${parts.min} to ${parts.max} visit types, each once.`,
        not_allowed: 'One of them cannot be booked together with others.',
        group: 'One of them is a group.',
        minutes: `Together they are longer than ${minutes.max} minutes.`,
        devices: `Together they take more than ${devicesMax} devices.`,
        questions: `Together they ask over ${questionsMax} questions, too long ones, or different ones with one id.`,
        channels: 'One of them is only in person, and another one only by video.',
        rooms: 'No room suits all of them.',
        doctors: 'No doctor offers all of them.',
        too_many_combinations: 'The clinic has too many combinations. Those that it has can be booked.',
      })[unsuitable],
  }),
  too_many_combinable: {
    status: 409,
    title: 'The clinic has too many visit types that can be combined',
    help: 'Switch this off for another visit type first: `{"combinable": false}`.',
    detail: `Of a clinic’s visit types, ${visitTypeLimits.combinableMax} can be combined at most.`,
  },
  too_many_visit_types: {
    status: 409,
    title: 'The clinic has too many visit types',
    help: 'They are never deleted: change one that is switched off, and switch it on again.',
    detail: `The clinic has ${visitTypeLimits.visitTypesMax} visit types, which is the most.`,
  },
  visit_resource_not_found: {
    status: 404,
    title: 'There is no such room or device',
    help: 'List those that visits take with GET /clinics/{id}/visit-resources.',
  },
  too_many_visit_resources: {
    status: 409,
    title: 'The clinic has too many rooms and devices',
    help: 'They are never deleted: rename one that is switched off, and switch it on again.',
    detail: `The clinic has ${visitResourceLimits.resourcesMax} rooms and devices, which is the most.`,
  },
  visit_resource_name_taken: {
    status: 409,
    title: 'Another room or device has this name',
    help: 'Choose another name, or rename the other one first. One that is switched off keeps its name, too.',
    detail: 'Another room, or another device, of the clinic has this name.',
  },
  visit_resource_in_use: saidFromMembers({
    status: 409,
    title: 'Visits to come have this room or device',
    help: 'Move or cancel these visits first. To switch it off, you can also send `withVisits=true`: they keep it.',
    members: {
      visits: Type.Integer({ description: 'how many visits to come have what would go' }),
      firstStartsAt: Type.String({ format: 'date-time', description: 'from when on the first of them has it' }),
    },
    detail: ({ visits, firstStartsAt }) => `Visits to come that have it: ${visits}, from ${firstStartsAt} on.`,
  }),
  answer_refused: saidFromMembers({
    status: 409,
    title: 'An answer is missing, or does not fit',
    help:
      'See `why` and `question`. unknown, outdated: the visit type asks something else now. Read it with GET ' +
      '/clinics/{id}/visit-types/{id}, and ask the patient again. patient_only: the patient gives the consent on the ' +
      'ticket, or with the account. With a move, send `answers`.',
    members: {
      why: literals(answerFaults, {
        description:
          'outdated: the text of the consent has changed, and the patient has not agreed to this one. patient_only: ' +
          'only the patient can give a consent that was declined',
      }),
      questionId: Type.String({ format: 'uuid', description: 'which question' }),
      question: Type.Union([visitQuestionSchema, Type.Null()], {
        description: 'the question as it is now; null: it is not asked',
      }),
    },
    detail: ({ why, questionId, question }) =>
      ({
        unknown: `The visit type does not ask the question ${questionId}.`,
        missing: `The question “${question?.label}” needs an answer.`,
        invalid: `The answer to “${question?.label}” does not fit: it is a ${question?.kind}.`,
        outdated: `The text of the consent has changed to “${question?.label}”.`,
        patient_only: `Only the patient gives the consent “${question?.label}”: by the link or the account.`,
      })[why],
  }),
  consent_not_found: {
    status: 404,
    title: 'The patient has not agreed to this',
    help: 'The consents that can be withdrawn are the `answers` of the booking with `agreedAt`.',
  },
}
