import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
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
    'the free space',
  )
  const size = (await valuesOf(registry, 'holdfast_disk_size_bytes'))['{directory="data"}']
  expect(free).toBeGreaterThan(0)
  expect(free).toBeLessThanOrEqual(size ?? 0)
  expect(Object.keys(await valuesOf(registry, 'holdfast_disk_free_bytes'))).toEqual(['{directory="data"}'])

  const remote = new Registry()
  addMachineFigures(remote, { ...nowhere, databaseUrl: 'postgres://x', backupTo: 's3://bucket' })
  expect(await remote.metrics()).toBe('\n')
})

test('each reading shows all directories, whatever became of another one since', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'hf-space-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const [dataDirectory, backupTo] = [await mkdtemp(join(parent, 'data-')), await mkdtemp(join(parent, 'backups-'))]
  const registry = new Registry()
  let now = 0
  addMachineFigures(registry, { ...nowhere, dataDirectory, backupTo }, { nowMs: () => now })
  const shown = async () => Object.keys(await valuesOf(registry, 'holdfast_disk_free_bytes')).toSorted()
  const untilShown = (...names: string[]) =>
    until(
      async () => {
        now += 2_000
        const directories = await shown()
        return directories.join() === names.map((name) => `{directory="${name}"}`).join()
      },
      () => `the space of ${names.join(' and ')}`,
    )
  await untilShown('backups', 'data')
  // Each begins another reading, and shows what the one before it found.
  for (let reading = 0; reading < 5; reading += 1) {
    now += 15_000
    expect(await shown()).toEqual(['{directory="backups"}', '{directory="data"}'])
  }
  await rename(dataDirectory, `${dataDirectory}-away`)
  await untilShown('backups')
  await rename(`${dataDirectory}-away`, dataDirectory)
  await untilShown('backups', 'data')
})

test('a directory that hangs does not stop the figures of another, and loses its own after five minutes', async () => {
  const registry = new Registry()
  let now = 0
  let free = 1_000
  let isHanging = false
  const statfs = async (path: string) => {
    if (isHanging && path === '/backups') await new Promise<never>(() => {})
    return { bavail: free, blocks: 2_000, bsize: 1 }
  }
  const settings = { ...nowhere, dataDirectory: '/data', backupTo: '/backups' }
  addMachineFigures(registry, settings, { nowMs: () => now, statfs })
  const untilShown = (expected: Record<string, number>) =>
    until(
      async () => {
        const shown = await valuesOf(registry, 'holdfast_disk_free_bytes')
        return isDeepStrictEqual(shown, expected)
      },
      () => `the space ${JSON.stringify(expected)}`,
    )
  await untilShown({ '{directory="data"}': 1_000, '{directory="backups"}': 1_000 })
  isHanging = true
  now = 60_000
  await registry.metrics()
  free = 100
  now = 62_000
  await untilShown({ '{directory="data"}': 100, '{directory="backups"}': 1_000 })
  now = 400_000
  await untilShown({ '{directory="data"}': 100 })
  expect(await valuesOf(registry, 'holdfast_disk_size_bytes')).toEqual({ '{directory="data"}': 2_000 })
})

test('a certificate is read once an hour, and near its end once a minute', async () => {
  const name = 'holdfast_certificate_expiry_timestamp_seconds'
  for (const [daysLeft, secondsUntilRead] of [
    [60, 3_600],
    [10, 60],
    [-1, 60],
  ] as const) {
    const registry = new Registry()
    let now = 0
    const ends: Date[] = []
    const endOfCertificate = async () => {
      const end = new Date(Date.now() + (daysLeft + ends.length) * 86_400_000)
      ends.push(end)
      return end
    }
    addMachineFigures(registry, { ...nowhere, publicUrl: 'https://a.example' }, { nowMs: () => now, endOfCertificate })
    const read = async () => (await valuesOf(registry, name))['']
    await read()
    expect(await read()).toBe((ends[0]?.getTime() ?? 0) / 1000)
    now = (secondsUntilRead - 1) * 1_000
    await read()
    expect(ends.length, `${daysLeft} days before its end`).toBe(1)
    now = secondsUntilRead * 1_000
    await read()
    expect(ends.length).toBe(2)
  }
})

test('a certificate that cannot be read has no end, and does not delay the metrics', async () => {
  const registry = new Registry()
  addMachineFigures(registry, { ...nowhere, publicUrl: 'https://127.0.0.1:1' })
  const name = 'holdfast_certificate_expiry_timestamp_seconds'
  expect(await valuesOf(registry, name)).toEqual({ '': Number.NaN })
})
