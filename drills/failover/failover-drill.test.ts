import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { whyNoCluster } from '../cluster/programs.ts'
import { clusterPrograms } from '../cluster/start-cluster.ts'
import { runFailoverDrill } from './run-failover-drill.ts'

const reason = whyNoCluster(clusterPrograms)
if (reason !== null) console.warn(`A failover is not tested here: ${reason}`)

test.runIf(reason === null)(
  'a failover loses no acknowledged booking and makes none twice; without synchronous replication it does lose some',
  { timeout: 1_800_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hf-failover-'))
    await chmod(directory, 0o711)
    try {
      const options = { kills: ['postgres'] as const, times: 1, etcdMembers: 1 as const, clients: 4, pauseMs: 50 }
      const result = await runFailoverDrill({ ...options, directory, say: () => undefined })
      expect(result).toMatchObject({ failovers: 1, lost: 0, duplicated: 0, liveGaps: 0, faults: [] })
      expect(result.verify).toEqual({ mismatches: 0, overbooked: 0 })
      expect(result.acknowledged).toBeGreaterThanOrEqual(100)
      // Requests that were sent while there was no primary.
      expect(result.writeGapMs.max).toBeGreaterThan(0)
      expect(result.controlLost).toBeGreaterThan(0)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
)
