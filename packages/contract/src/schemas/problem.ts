import Type, { type Static, type TObject, type TProperties } from 'typebox'
import type { ProblemKind } from '../problem-kind.ts'
import { type ProblemMembers, problemCodes, problemKinds } from '../problems.ts'
import { bookingSchema, otherAppointmentSchema } from './booking.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'
import { caseConflictSchema, caseSchema } from './theatre-case.ts'

const fieldErrorSchema = component('FieldError', {
  path: Type.String({
    description:
      'A JSON pointer into the body (`/slots/17/endsAt`), or `/query/…`, `/path/…` or `/headers/…` with the name',
  }),
  message: Type.String({ description: 'What was expected, and what was found' }),
})

/** One invalid field, and why it is invalid. */
export type FieldError = Static<typeof fieldErrorSchema>

const commonMembers = {
  type: Type.String({ description: '`urn:holdfast:problem:` followed by the code' }),
  title: Type.String({ description: 'Always the same for a code' }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'What was wrong with this request, for people to read' }),
  instance: Type.Optional(Type.String({ description: 'The id of the request in the server’s log' })),
  code: literals(problemCodes, { title: 'ProblemCode' }),
  errors: Type.Optional(Type.Array(fieldErrorSchema, { description: 'Every invalid field' })),
  booking: Type.Optional(bookingSchema),
  otherAppointment: Type.Optional(otherAppointmentSchema),
  conflicts: Type.Optional(
    Type.Array(caseConflictSchema, {
      description:
        'Everything that prevents a case; what cannot be overridden comes first. `units_in_use` and ' +
        '`resource_in_use`: the first 100 uses, by start',
    }),
  ),
  case: Type.Optional(caseSchema),
  caseIds: Type.Optional(
    Type.Array(Type.String(), {
      description: '`patient_in_use`; `unavailable` of a block that was filled in part: the cases that are booked',
    }),
  ),
}

/** The other members that the kinds name, each described with the codes that have it. */
function membersOfKinds(): TProperties {
  const members: TProperties = {}
  const codes: Record<string, string[]> = {}
  for (const code of problemCodes) {
    const kind: ProblemKind = problemKinds[code]
    for (const [name, schema] of Object.entries(kind.members ?? {})) {
      if (name in commonMembers) continue
      const described = codes[name] ?? []
      described.push(`\`${code}\``)
      codes[name] = described
      const texts = [described.join(', '), ...('description' in schema ? [schema.description] : [])]
      members[name] = Type.Optional({ ...schema, description: texts.join(': ') })
    }
  }
  return members
}

/** RFC 9457, with a stable `code` and details that help to continue. */
export const problemSchema = component('Problem', { ...commonMembers, ...membersOfKinds() })

/** A problem document. */
export type Problem = Static<TObject<typeof commonMembers>> & ProblemMembers
