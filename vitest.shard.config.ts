import { defaultExclude, defineConfig } from 'vitest/config'
import { settings } from './vitest.config.ts'

/** The engine's tests that do not run in a shard; docs/decisions/0051-on-citus-a-shard-has-a-schema.md. */
const leftOut = [
  // They change tables, partitions and grants, which are the coordinator's.
  'packages/engine/src/archive/**',
  'packages/engine/src/migrate/**',
  'packages/engine/src/upkeep/**',
  // They are about the database: its schema, logins and shards.
  'packages/engine/src/app-login/**',
  'packages/engine/src/catalogue/**',
  'packages/engine/src/shards/**',
  // Connections, ids and queues are the same in a shard.
  'packages/engine/src/database/**',
  'packages/engine/src/model/**',
  'packages/engine/src/queue/**',
  // Some look past the shard: they replace functions of the schema holdfast, restart its sequences, or expect the next
  // clinic's number.
  'packages/engine/src/tail/**',
  'packages/engine/src/verify/**',
  'packages/engine/src/committed-writes.test.ts',
  'packages/engine/src/id-bounds.test.ts',
  // In a shard, operations hold locks on all months: 650 for a confirmation, where the test allows 96.
  'packages/engine/src/years-of-months.test.ts',
]

/** `npm run test:shard`: the engine's tests in the schema of a shard. A new folder's tests are among them. */
export default defineConfig({
  test: {
    ...settings,
    include: ['packages/engine/src/**/*.test.ts'],
    exclude: [...defaultExclude, ...leftOut],
    isolate: false,
  },
})
