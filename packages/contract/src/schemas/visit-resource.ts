import { lengths, visitResourceKinds, visitResourceLimits } from '@holdfast/vocabulary'
import Type from 'typebox'
import { externalIds, newExternalIds } from './external-id.ts'
import { integerWithin, name } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const { units: unitsOf, resourcesMax } = visitResourceLimits

export const visitResourceKindSchema = literals(visitResourceKinds, { title: 'VisitResourceKind' })

const units = { ...integerWithin(unitsOf), description: 'Identical pieces of a device; a room is 1' }
const active = Type.Boolean({ description: 'false: no further visit takes it' })

export const newVisitResourceSchema = component('NewVisitResource', {
  kind: visitResourceKindSchema,
  name: name(lengths.name),
  units: Type.Optional(Type.Integer({ ...units, default: 1 })),
  externalIds: newExternalIds,
})

export const visitResourceChangeSchema = Type.Object(
  {
    name: Type.Optional(name(lengths.name)),
    units: Type.Optional(Type.Integer(units)),
    externalIds: newExternalIds,
    active: Type.Optional(active),
  },
  { title: 'VisitResourceChange', additionalProperties: false, minProperties: 1 },
)

export const visitResourceSchema = component('VisitResource', {
  id: Type.String({ format: 'uuid' }),
  kind: visitResourceKindSchema,
  name: Type.String(),
  units: Type.Integer(units),
  externalIds,
  active,
})

export const visitResourceListSchema = component('VisitResourceList', {
  items: Type.Array(visitResourceSchema, { description: `Rooms first, then by name; at most ${resourcesMax}` }),
})
