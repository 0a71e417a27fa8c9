import type { Operation } from '@holdfast/contract'
import { InvalidCursor } from '@holdfast/engine'
import { invalidRequest } from '../edge/bodies/validator.ts'
import type { Handler } from './served-call.ts'

/** Where a request says what it continues; null: the operation has no pages or steps. */
function cursorPathOf({ query, body }: Operation): string | null {
  const fields = body !== undefined && 'properties' in body ? body.properties : null
  if (typeof fields === 'object' && fields !== null && 'cursor' in fields) return '/cursor'
  if (query === undefined) return null
  if ('cursor' in query.properties) return '/query/cursor'
  return 'after' in query.properties ? '/query/after' : null
}

/** Refuses a cursor that passed its schema but is of another list or block, which only the engine can recognize. */
export function withCursorErrors(described: Operation, handler: Handler): Handler {
  const path = cursorPathOf(described)
  if (path === null) return handler
  return async (input) => {
    try {
      return await handler(input)
    } catch (error) {
      if (!(error instanceof InvalidCursor)) throw error
      throw invalidRequest([{ path, message: error.message }])
    }
  }
}
