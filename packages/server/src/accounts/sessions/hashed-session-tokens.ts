import { createHash } from 'node:crypto'
import type { DBAdapter, DBTransactionAdapter, Where } from 'better-auth'

const storedPrefix = 'sha256:'

/**
 * What the database stores instead of a session token, so that nobody who reads the table can sign in. Tokens have 190
 * random bits, so a plain hash is as good as a slow one.
 */
export function storedSessionToken(token: string): string {
  return storedPrefix + createHash('sha256').update(token).digest('base64url')
}

/** The accounts library's access to the database, storing {@link storedSessionToken} instead of session tokens. */
export function withHashedSessionTokens(adapter: DBAdapter): DBAdapter {
  return {
    ...hashing(adapter),
    transaction: (run) => adapter.transaction((transaction) => run(hashing(transaction))),
  }
}

function hashing(adapter: DBTransactionAdapter): DBTransactionAdapter {
  return {
    ...adapter,
    async create<Given extends Record<string, unknown>, Created = Given>(args: Creation<Given>): Promise<Created> {
      const token = args.model === 'session' ? textOf(args.data, 'token') : null
      if (token === null) return adapter.create<Given, Created>(args)
      const data = { ...args.data, token: storedSessionToken(token) }
      const created = await adapter.create<Given, Created>({ ...args, data })
      if (typeof created === 'object' && created !== null) Object.assign(created, { token })
      return created
    },
    async findOne(args) {
      return presented(args, await adapter.findOne(hashed(args)))
    },
    async update(args) {
      return presented(args, await adapter.update(hashed(args)))
    },
    findMany: (args) => adapter.findMany(hashed(args)),
    count: (args) => adapter.count(hashed(args)),
    updateMany: (args) => adapter.updateMany(hashed(args)),
    delete: (args) => adapter.delete(hashed(args)),
    deleteMany: (args) => adapter.deleteMany(hashed(args)),
    consumeOne: (args) => adapter.consumeOne(hashed(args)),
    incrementOne: (args) => adapter.incrementOne(hashed(args)),
  }
}

export type Creation<Given> = {
  model: string
  data: Omit<Given, 'id'>
  select?: string[] | undefined
  forceAllowId?: boolean | undefined
}
type Selection = { model: string; where?: Where[] | undefined }

/** The same selection, by the stored form of session tokens. */
function hashed<T extends Selection>(args: T): T {
  if (args.model !== 'session' || args.where === undefined) return args
  const where = args.where.map((condition) => {
    if (condition.field !== 'token') return condition
    const { value } = condition
    if (typeof value === 'string') return { ...condition, value: storedSessionToken(value) }
    if (Array.isArray(value)) return { ...condition, value: value.map((one) => storedSessionToken(String(one))) }
    throw new Error('A session can only be found by a token that is text.')
  })
  return { ...args, where }
}

/** A session that was found by its token, with that token: the library uses it to end the session. */
function presented<T>(args: Selection, row: T | null): T | null {
  if (args.model !== 'session' || row === null || typeof row !== 'object') return row
  const token = args.where?.find(({ field }) => field === 'token')?.value
  return typeof token === 'string' ? { ...row, token } : row
}

function textOf(data: object, field: string): string | null {
  const value: unknown = Object.getOwnPropertyDescriptor(data, field)?.value
  return typeof value === 'string' ? value : null
}
