import Type, { type Static } from 'typebox'
import { literals } from './literals.ts'
import { component } from './object.ts'
import { caseSchema } from './theatre-case.ts'
import { blockSchema, equipmentSchema, roomSchema } from './theatre-resource.ts'

export const theatreBoardSchema = component('TheatreBoard', {
  from: Type.String({ format: 'date' }),
  to: Type.String({ format: 'date', description: 'Inclusive' }),
  timezone: Type.String(),
  asOf: Type.String({ format: 'date-time', description: 'When this was read' }),
  rooms: Type.Array(roomSchema, { description: 'Active ones, and those that have something on these days' }),
  blocks: Type.Array(blockSchema),
  cases: Type.Array(caseSchema, { description: 'By start; neither FAILED nor CANCELLED' }),
  busy: Type.Optional(
    Type.Array(
      component('BusyTime', {
        kind: literals(['room', 'surgeon', 'anaesthetist', 'equipment'], { title: 'BusyKind' }),
        resourceId: Type.String({ format: 'uuid' }),
        unit: Type.Integer({ description: 'The number of the piece of equipment; 1 for everything else' }),
        from: Type.String({ format: 'date-time' }),
        to: Type.String({
          format: 'date-time',
          description:
            'With the turnover or reprocessing, and as long as the case will take as far as was known at `asOf`',
        }),
      }),
      {
        description:
          'For doctors: when cases of other surgeons take rooms, surgeons, anaesthetists and equipment, by start. ' +
          'It does not say which of them belong to one case',
      },
    ),
  ),
  people: Type.Array(component('TheatrePerson', { id: Type.String({ format: 'uuid' }), name: Type.String() }), {
    description: 'The names of everybody in these blocks and cases, and of those who are `busy`',
  }),
  equipment: Type.Array(equipmentSchema, { description: 'What these cases use, and what is `busy`' }),
})

export type TheatreBoardBody = Static<typeof theatreBoardSchema>
