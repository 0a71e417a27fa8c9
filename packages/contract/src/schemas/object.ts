import Type, { type TObject, type TProperties } from 'typebox'

/** An object with these properties, and no others. */
export function object<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false })
}

/** The same, as the component of this name in the OpenAPI document. */
export function component<Properties extends TProperties>(title: string, properties: Properties): TObject<Properties> {
  return Type.Object(properties, { title, additionalProperties: false })
}
