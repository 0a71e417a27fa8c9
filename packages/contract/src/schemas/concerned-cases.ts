import Type from 'typebox'
import { time } from './fields.ts'
import { component } from './object.ts'

const caseTimeSchema = component('CaseTime', {
  caseId: Type.String({ format: 'uuid' }),
  startsAt: time(),
  endsAt: time(),
  room: Type.String(),
})

/** The cases in which a doctor is at times that are closed or withdrawn. @param where in which responses they are */
export const concernedCases = (where: string) => ({
  cases: Type.Optional(
    Type.Integer({
      description: `Cases to come in which the doctor is at these times. They are not changed. ${where}`,
    }),
  ),
  firstCases: Type.Optional(
    Type.Array(caseTimeSchema, { description: 'The first ten of them by start, with the names of their rooms' }),
  ),
})
