import type { Operation } from '@holdfast/contract'
import { InvalidCursor } from '@holdfast/engine'
import { invalidRequest } from '../edge/bodies/validator.ts'
import type { Handler } from './served-call.ts'

/** The parameter that continues a list; null: the operation has no pages. */
function cursorNameOf({ query }: Operation): 'cursor' | 'after' | null {
  if (query === undefined) return null
  if ('cursor' in query.properties) return 'cursor'
  return 'after' in query.properties ? 'after' : null
}

/** Refuses a cursor that passed its schema but belongs to another list, which only the engine can recognize. */
export function withCursorErrors(described: Operation, handler: Handler): Handler {
  const cursorName = cursorNameOf(described)
  if (cursorName === null) return handler
  return async (input) => {
    try {
      return await handler(input)
    } catch (error) {
      if (!(error instanceof InvalidCursor)) throw error
      throw invalidRequest([{ path: `/query/${cursorName}`, message: error.message }])
    }
  }
}
