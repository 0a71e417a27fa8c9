import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@holdfast/testkit'
import { Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { addMachineFigures } from './machine-figures.ts'

const nowhere = { databaseUrl: null, dataDirectory: '/nowhere', backupTo: null, publicUrl: null }

async function valuesOf(registry: Registry, name: string): Promise<Record<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith(name))
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
}

test('the space of a directory is shown, and none of what is no directory here', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-space-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const registry = new Registry()
  addMachineFigures(registry, { ...nowhere, dataDirectory: directory, backupTo: '/nowhere' })
  const free = await until(
    async () => (await valuesOf(registry, 'holdfast_disk_free_bytes'))['{directory="data"}'],
    () => 'the free space',
  )
  const size = (await valuesOf(registry, 'holdfast_disk_size_bytes'))['{directory="data"}']
  expect(free).toBeGreaterThan(0)
  expect(free).toBeLessThanOrEqual(size ?? 0)
  expect(Object.keys(await valuesOf(registry, 'holdfast_disk_free_bytes'))).toEqual(['{directory="data"}'])

  const remote = new Registry()
  addMachineFigures(remote, { ...nowhere, databaseUrl: 'postgres://x', backupTo: 's3://bucket' })
  expect(await remote.metrics()).toBe('\n')
})

test('a certificate that cannot be read has no end, and does not delay the metrics', async () => {
  const registry = new Registry()
  addMachineFigures(registry, { ...nowhere, publicUrl: 'https://127.0.0.1:1' })
  const name = 'holdfast_certificate_expiry_timestamp_seconds'
  expect(await valuesOf(registry, name)).toEqual({ '': Number.NaN })
})
