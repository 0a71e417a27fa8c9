import { randomInt } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { whyNoCluster } from '../cluster/programs.ts'
import { allSteps } from './clinic-moves.ts'
import { failuresOfShards, runShardsDrill } from './run-shards-drill.ts'
import { shardsPrograms } from './shards-stage.ts'

const reason = whyNoCluster(shardsPrograms)
if (reason !== null) console.warn(`Moves of clinics under load are not tested here: ${reason}`)

const suspendedMs = 8_000
const drawn = randomInt(3)

test.runIf(reason === null)(
  'clinics are moved under load, and moves killed: nothing is lost or there twice; without the refusal, some is lost',
  { timeout: 1_800_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hf-shards-'))
    await chmod(directory, 0o711)
    try {
      // All of them take minutes: `.ci/nightly`.
      const steps = allSteps.filter((_, at) => at % 3 === drawn)
      const options = { times: 1, steps, clients: 16, seed: randomInt(1_000_000), suspendedMs, directory }
      const result = await runShardsDrill({ ...options, say: () => undefined })
      const { seed } = options
      expect({ seed, steps, failures: failuresOfShards(result, suspendedMs) }).toEqual({ seed, steps, failures: [] })
      expect(result).toMatchObject({ moves: 2 * steps.length, interrupted: steps.length, lost: 0, duplicated: 0 })
      expect(result.acknowledged).toBeGreaterThan(100)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)
