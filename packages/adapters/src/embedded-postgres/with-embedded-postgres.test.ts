import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fillDataDirectory } from '@holdfast/testkit'
import { Client } from 'pg'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { connectEmbeddedPostgres } from './connect-embedded-postgres.ts'
import { readPostmasterState } from './postmaster-file.ts'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'
import { withEmbeddedPostgres } from './with-embedded-postgres.ts'

const directories: string[] = []

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp('/tmp/hf-test-')
  await chmod(directory, 0o711)
  directories.push(directory)
  await fillDataDirectory(directory)
  return directory
}

async function one(url: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query('select 1 as one')).rows[0].one
  } finally {
    await client.end()
  }
}

test('without a running server there is nothing to connect to, and checking creates nothing', async () => {
  const dataDirectory = await aDirectory()
  expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
  const database = await startEmbeddedPostgres({ dataDirectory })
  expect(await connectEmbeddedPostgres({ dataDirectory })).toEqual({ ownerUrl: database.ownerUrl })
  await database.stop()
  expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
})

test('variables for another PostgreSQL in the environment do not lead away from the embedded one', async () => {
  const others = {
    PGHOST: '/nowhere',
    PGPORT: '1',
    PGUSER: 'x',
    PGPASSWORD: 'x',
    PGDATABASE: 'x',
    PGSSLMODE: 'require',
    PGSSLNEGOTIATION: 'direct',
    PGOPTIONS: '-c no_such_setting=1',
  }
  for (const [name, value] of Object.entries({ ...others, PGDATA: '/nowhere', PGAPPNAME: 'x' })) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const dataDirectory = await aDirectory()
  await withEmbeddedPostgres({ dataDirectory }, async ({ ownerUrl }) => {
    expect(await one(ownerUrl)).toBe(1)
    const found = await connectEmbeddedPostgres({ dataDirectory })
    expect(await one(found?.ownerUrl ?? '')).toBe(1)
  })
})

test('a command uses a running server and leaves it running', async () => {
  const dataDirectory = await aDirectory()
  const database = await startEmbeddedPostgres({ dataDirectory })
  try {
    const url = await withEmbeddedPostgres({ dataDirectory }, async ({ ownerUrl }) => {
      expect(await one(ownerUrl)).toBe(1)
      return ownerUrl
    })
    expect(url).toBe(database.ownerUrl)
    expect(await one(database.ownerUrl)).toBe(1)
  } finally {
    await database.stop()
  }
})

test('a command starts a server if none runs, and stops it even when the command fails', async () => {
  const dataDirectory = await aDirectory()
  expect(await withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) => one(ownerUrl))).toBe(1)
  expect((await readPostmasterState(join(dataDirectory, 'postgres'))).kind).toBe('none')
  const failing = withEmbeddedPostgres({ dataDirectory }, () => Promise.reject(new Error('the command failed')))
  await expect(failing).rejects.toThrow('the command failed')
  expect((await readPostmasterState(join(dataDirectory, 'postgres'))).kind).toBe('none')
})

test('two concurrent commands share one server, and the one that started it waits for the other', async () => {
  const dataDirectory = await aDirectory()
  const arrived = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<void>()
  const first = withEmbeddedPostgres({ dataDirectory }, async () => arrived.promise)
  const second = (async () => {
    const found = Promise.withResolvers<string>()
    const using = withEmbeddedPostgres({ dataDirectory }, async ({ ownerUrl }) => {
      found.resolve(ownerUrl)
      const client = new Client({ connectionString: ownerUrl })
      await client.connect()
      arrived.resolve()
      await leave.promise
      const one = (await client.query('select 1 as one')).rows[0].one
      await client.end()
      return one
    })
    await found.promise
    return using
  })()
  await arrived.promise
  leave.resolve()
  expect(await second).toBe(1)
  await first
})

test('a server that is started while a command runs waits for it', async () => {
  const dataDirectory = await aDirectory()
  const messages: string[] = []
  const leave = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const command = withEmbeddedPostgres({ dataDirectory }, async () => {
    started.resolve()
    await leave.promise
  })
  await started.promise
  const isWaiting = Promise.withResolvers<void>()
  const log = (message: string) => {
    messages.push(message)
    isWaiting.resolve()
  }
  const starting = startEmbeddedPostgres({ dataDirectory, log })
  await Promise.race([isWaiting.promise, starting])
  expect(messages).toEqual([`Waiting for a command of Holdfast (process ${process.pid}) that uses the data directory.`])
  leave.resolve()
  await command
  const database = await starting
  expect(await one(database.ownerUrl)).toBe(1)
  await database.stop()
})
