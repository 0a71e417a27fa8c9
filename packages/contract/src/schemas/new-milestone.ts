import Type from 'typebox'
import { nullable, time } from './fields.ts'
import { component } from './object.ts'
import { milestoneSchema } from './theatre-case.ts'

export const newMilestoneSchema = component('NewMilestone', {
  milestone: milestoneSchema,
  at: nullable<string>({
    ...time({
      description:
        'From 12 hours before the planned start to a day after the planned or expected end, whichever is later; ' +
        'null: it was recorded by mistake',
    }),
  }),
  trial: Type.Optional(
    Type.Boolean({
      description: 'true: accept a time more than five minutes ahead, to try out a plan. Only for admins',
    }),
  ),
  force: Type.Optional(
    Type.Boolean({
      description:
        'true: record, correct or remove it although a milestone before it would be missing, or another patient ' +
        'would be in the room at the same time, as far as was recorded. Its event then has `forced`',
    }),
  ),
})
