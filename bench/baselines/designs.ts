import { book as databaseFunction } from './database-function/book.ts'
import { book as fiveStatements } from './five-statements/book.ts'
import { book as fiveStatementsComplete } from './five-statements-complete/book.ts'
import { book as noLock } from './no-lock/book.ts'
import { book as optimisticVersion } from './optimistic-version/book.ts'
import { book as redisLock } from './redis-lock/book.ts'
import { book as serializableNowait } from './serializable-nowait/book.ts'
import { book as slotLocks } from './slot-locks/book.ts'
import type { Strategy } from './strategy.ts'
import { book as uniqueSlot } from './unique-slot/book.ts'

/** The designs with separate tables, by the name of their folder. */
export const designs = {
  'five-statements': fiveStatements,
  'five-statements-complete': fiveStatementsComplete,
  'serializable-nowait': serializableNowait,
  'optimistic-version': optimisticVersion,
  'unique-slot': uniqueSlot,
  'slot-locks': slotLocks,
  'redis-lock': redisLock,
  'database-function': databaseFunction,
  'no-lock': noLock,
} satisfies Record<string, Strategy>

export type DesignName = keyof typeof designs

export function isDesignName(name: string): name is DesignName {
  return Object.hasOwn(designs, name)
}
