import Type, { type TSchemaOptions, type TUnsafe } from 'typebox'

/** One of a few words: `{"type": "string", "enum": […]}`, which reads better and validates faster than a union. */
export function literals<const Words extends readonly string[]>(
  words: Words,
  options: TSchemaOptions = {},
): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], ...options })
}

/** The same, or null. */
export function nullableLiterals<const Words extends readonly string[]>(
  words: Words,
  options: TSchemaOptions = {},
): TUnsafe<Words[number] | null> {
  return Type.Unsafe<Words[number] | null>({ type: ['string', 'null'], enum: [...words, null], ...options })
}
