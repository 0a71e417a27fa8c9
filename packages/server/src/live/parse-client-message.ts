import { type LiveClientMessage, liveClientMessageSchema } from '@holdfast/contract'
import { Ajv, type ErrorObject } from 'ajv'
import { preview } from '../edge/validator.ts'

const ajv = new Ajv({ verbose: true, discriminator: false })
ajv.addKeyword('x-expected')
ajv.addFormat('uuid', true)
const validators = new Map(
  liveClientMessageSchema.anyOf.map((schema) => [schema.properties.type.const, ajv.compile<LiveClientMessage>(schema)]),
)

export type ParsedMessage = { kind: 'message'; message: LiveClientMessage } | { kind: 'invalid'; why: string }

/** A client's text as one of the contract's messages; `why`, for people, names what was expected. */
export function parseClientMessage(text: string): ParsedMessage {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return invalid('A message is a JSON object.')
  const type: unknown = Object.getOwnPropertyDescriptor(value, 'type')?.value
  const validate = validators.get(type as LiveClientMessage['type'])
  if (validate === undefined) {
    return invalid(`/type must be one of ${[...validators.keys()].join(', ')}, not ${preview(type)}`)
  }
  return validate(value) ? { kind: 'message', message: value } : invalid(wordsOf(validate.errors?.[0]))
}

function invalid(why: string): ParsedMessage {
  return { kind: 'invalid', why }
}

function wordsOf(error: ErrorObject | undefined): string {
  if (error === undefined) return 'The message is not valid.'
  const expected: unknown = error.parentSchema?.['x-expected']
  if (error.keyword === 'pattern' && typeof expected === 'string') {
    return `${error.instancePath} must be ${expected}, not ${preview(error.data)}`
  }
  const unknown: unknown = error.params.additionalProperty
  return `${error.instancePath || '/'} ${error.message}${typeof unknown === 'string' ? `: ${preview(unknown)}` : ''}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
