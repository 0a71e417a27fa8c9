import { externalIdsMax, lengths, systemPattern } from '@holdfast/vocabulary'
import Type from 'typebox'
import { code, name } from './fields.ts'
import { object } from './object.ts'

const system = { description: 'The other system: a URI, such as `http://hl7.org/fhir/sid/us-npi`, or a name. No `|`' }

const externalIdSchema = object({
  system: name(lengths.identifier, {
    pattern: systemPattern,
    'x-expected': 'one line of text without `|`',
    ...system,
  }),
  value: code(lengths.identifier),
})

const description = 'Its ids in other systems. Of its kind, one thing in a clinic has such an id'

/** Those that a request sets: all of them, in place of those before. */
export const newExternalIds = Type.Optional(
  Type.Array(externalIdSchema, { maxItems: externalIdsMax, uniqueItems: true, description }),
)

/** Those of a response. */
export const externalIds = Type.Array(object({ system: Type.String(), value: Type.String() }), { description })

/** The parameter by which lists find what has an id of another system. */
export const externalIdParameter = Type.Optional(
  Type.String({
    minLength: 3,
    maxLength: 2 * lengths.identifier + 1,
    pattern: '^[^|\\p{Cc}\\p{Cs}]+\\|[^\\p{Cc}\\p{Cs}]+$',
    'x-expected': 'a system, `|`, and the value in it',
    description: 'Only what has this id of another system: `system|value`',
    examples: ['http://hl7.org/fhir/sid/us-npi|1234567893'],
  }),
)
