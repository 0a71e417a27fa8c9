import { type LiveClientMessage, liveClientMessageSchema } from '@holdfast/contract'
import { preview, validatorOf } from '../edge/bodies/validator.ts'

const validators = new Map(
  liveClientMessageSchema.anyOf.map((schema) => [schema.properties.type.const, validatorOf(schema, 'body')]),
)

export type ParsedMessage = { kind: 'message'; message: LiveClientMessage } | { kind: 'invalid'; why: string }

/** Parses a client's text as one of the contract's messages. `why` says what was expected. */
export function parseClientMessage(text: string): ParsedMessage {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return invalid('A message is a JSON object.')
  const type: unknown = Object.getOwnPropertyDescriptor(value, 'type')?.value
  const validate = validators.get(type as LiveClientMessage['type'])
  if (validate === undefined) {
    return invalid(`/type must be one of ${[...validators.keys()].join(', ')}, not ${preview(type)}`)
  }
  const validated = validate(value)
  if ('error' in validated) return invalid(validated.error.detail)
  return { kind: 'message', message: value as LiveClientMessage }
}

function invalid(why: string): ParsedMessage {
  return { kind: 'invalid', why }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
