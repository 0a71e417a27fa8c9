import Type from 'typebox'
import { nullableId } from './fields.ts'
import { component } from './object.ts'
import { caseConflictSchema } from './theatre-case.ts'

export const checkedCaseSchema = component('CheckedCase', {
  conflicts: Type.Array(caseConflictSchema, { description: 'None: nothing prevents the case now' }),
  atRiskBy: nullableId({
    description:
      'A case that will end too late for this one, by its room, its people or its equipment: see `atRiskBy` of a ' +
      'case. It does not prevent this one',
  }),
})
