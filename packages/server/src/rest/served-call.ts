import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GuardedCall } from './guards/guarded-call.ts'
import type { Sending } from './responses/csv.ts'
import type { SentKey } from './sent-key.ts'

/** A response of any operation. */
export type AnyResponse = {
  status: number
  body?: unknown
  position?: string
  headers?: Record<string, string>
  isRepeated?: boolean
}

/** A request of any operation, and what its checks found: they fill in `granted` and `field`. */
export type Call = GuardedCall & {
  key: SentKey | null
  request: FastifyRequest
  reply: FastifyReply
  granted: unknown
  field: unknown
  /** Set for an operation that sends a file. */
  sending: Sending | undefined
  /** Throws if the database that it is read from may lack rows of its clinic. Set before the operation runs. */
  requireHere?: () => Promise<void>
}

// `Serve` has checked that the types of an operation's checks and handler agree; here the operation can be any.
export type Handler = (call: Call) => AnyResponse | Promise<AnyResponse>
