import Type, { type TSchemaOptions, type TUnsafe } from 'typebox'

/** One of several strings: `{"type": "string", "enum": […]}`, which validates faster than a union. */
export function literals<const Values extends readonly string[]>(
  values: Values,
  options: TSchemaOptions = {},
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options })
}

/** The same, or null. */
export function nullableLiterals<const Values extends readonly string[]>(
  values: Values,
  options: TSchemaOptions = {},
): TUnsafe<Values[number] | null> {
  return Type.Unsafe<Values[number] | null>({ type: ['string', 'null'], enum: [...values, null], ...options })
}
