import type { Operation } from '@holdfast/contract'
import { clinicNoIn } from '@holdfast/engine'

export type AnyCall = { params?: unknown; query?: unknown; body?: unknown }

export type Sourced = Pick<Operation, 'clinic'>

/**
 * The id by which a request names its clinic: the first one of its path, or the field of its body or query that the
 * operation names. null: it names none so.
 */
export function namedIdOf({ clinic }: Sourced, { params, query, body }: AnyCall): string | null {
  // An id of another system names no clinic, and nothing is found by it anywhere.
  if (clinic === undefined) return firstIdIn(params)
  if (typeof clinic === 'string') return null
  if ('query' in clinic) return textIn(query, clinic.query)
  return [clinic.body].flat().reduce<string | null>((found, name) => found ?? textIn(body, name), null)
}

/** A field of the body, for example; null: it is absent, or no text. */
export function textIn(fields: unknown, name: string): string | null {
  const value = (fields as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  return typeof value === 'string' ? value : null
}

/** The first of the parameters of a path that is an id of a clinic or of something in one; null: none is. */
function firstIdIn(params: unknown): string | null {
  if (typeof params !== 'object' || params === null) return null
  return Object.values(params).find((value) => typeof value === 'string' && clinicNoIn(value) !== null) ?? null
}
