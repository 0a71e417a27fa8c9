/** A `cursor` or `after` that this list never returned. The edge responds 400 and names the parameter. */
export class InvalidCursor extends Error {
  override name = 'InvalidCursor'

  constructor(cursor: string) {
    super(`${JSON.stringify(cursor.slice(0, 60))} is not a cursor of this list; send the nextCursor of its last page.`)
  }
}

/** The patterns of a cursor's parts. Cursors come from clients, and their parts are cast by the database. */
const cursorPart = {
  id: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /** Microseconds since 1970: a Date would truncate PostgreSQL's times, and the next page would begin too early. */
  micros: /^-?\d{1,16}$/,
  microsOrNone: /^(?:-?\d{1,16}|none)$/,
  count: /^\d{1,9}$/,
  name: /^[^\0]{1,200}$/u,
} as const

type PartName = keyof typeof cursorPart

/**
 * The cursors of one list: opaque base64url of its name and of the last item's sort key. A cursor of another list, or
 * one that was tampered with, is refused and never reaches a query.
 */
export type CursorOf<Parts extends readonly PartName[]> = {
  encode(...values: { [Index in keyof Parts]: string }): string
  /** @throws InvalidCursor */
  decode(cursor: string): { [Index in keyof Parts]: string }
}

export function cursorOf<const Parts extends readonly PartName[]>(list: string, parts: Parts): CursorOf<Parts> {
  return {
    encode: (...values) => Buffer.from(JSON.stringify([list, ...values])).toString('base64url'),
    decode(cursor) {
      const [name, ...values] = parse(cursor)
      if (name !== list || !areParts(values, parts)) throw new InvalidCursor(cursor)
      return values
    },
  }
}

function areParts<Parts extends readonly PartName[]>(
  values: unknown[],
  parts: Parts,
): values is { [Index in keyof Parts]: string } & unknown[] {
  return (
    values.length === parts.length &&
    parts.every((part, index) => {
      const value = values[index]
      return typeof value === 'string' && cursorPart[part].test(value)
    })
  )
}

function parse(cursor: string): unknown[] {
  // The longest: a name of 200 characters, escaped, and an id.
  if (cursor.length > 2_000) return []
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
