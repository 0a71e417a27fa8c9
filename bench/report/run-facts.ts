import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { OpenBench } from '../run/open-bench.ts'

/** The machine, versions and settings of a run. */
export type RunFacts = {
  startedAt: string
  commit: string
  machine: string
  /**
   * The load average of the last minute before the first scenario. Above 1, the machine was busy with something else.
   */
  loadAverageBefore: number
  versions: Record<string, string>
  postgresSettings: Record<string, string>
  pace: OpenBench['pace']
}

export async function describeRun({ cluster, pace, redisVersion }: OpenBench): Promise<RunFacts> {
  const [cpu] = cpus()
  const model = cpu?.model.trim() ?? 'unknown processor'
  const gibibytes = Math.round(totalmem() / 1024 ** 3)
  return {
    startedAt: new Date().toISOString(),
    commit: commitOf(),
    machine: `${availableParallelism()} × ${model}, ${gibibytes} GiB, Linux ${release()}`,
    loadAverageBefore: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      postgresql: cluster.version,
      redis: redisVersion,
      fastify: versionOf('fastify'),
      express: versionOf('express'),
      pg: versionOf('pg'),
    },
    postgresSettings: cluster.settings,
    pace,
  }
}

function commitOf(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short=12', 'HEAD') + (isChanged ? ', with changes' : '')
  } catch {
    return 'unknown'
  }
}

function versionOf(name: string): string {
  const path = fileURLToPath(new URL(`../../node_modules/${name}/package.json`, import.meta.url))
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
  return version
}
