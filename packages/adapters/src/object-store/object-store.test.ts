// Rest: each kind of object store
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openObjectStore } from './open-object-store.ts'

let directory: string
let service: S3rver
let s3Url: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-store-'))
  service = new S3rver({
    directory: join(directory, 's3'),
    port: 0,
    silent: true,
    configureBuckets: [{ name: 'clinic' }],
  })
  const { port } = await service.run()
  s3Url = `http://S3RVER:S3RVER@localhost:${port}`
})

afterAll(async () => {
  await service.close()
  await rm(directory, { recursive: true, force: true })
})

for (const kind of ['directory', 's3'] as const) {
  describe(`a store: ${kind}`, () => {
    const open = (name: string) => openObjectStore(kind === 's3' ? `s3://clinic/${name}` : join(directory, name), s3Url)

    it('returns what was stored, lists it by prefix, replaces and removes it', async () => {
      const store = open('round')
      const body = randomBytes(1_000_000)
      await store.put('base/1/part-2', body)
      await store.put('base/1/part-1', Buffer.from('one'))
      await store.put('wal/x', Buffer.from('x'))
      expect(await store.get('base/1/part-2')).toEqual(body)
      expect(await store.list('base/')).toEqual([
        { key: 'base/1/part-1', bytes: 3 },
        { key: 'base/1/part-2', bytes: body.length },
      ])
      await store.put('base/1/part-1', Buffer.from('other'))
      expect((await store.get('base/1/part-1'))?.toString()).toBe('other')
      await store.remove(['base/1/part-1', 'base/1/part-2', 'base/1/part-3'])
      expect(await store.list('')).toEqual([{ key: 'wal/x', bytes: 1 }])
      expect(await store.get('base/1/part-1')).toBeNull()
    })

    it('lists nothing, and finds nothing, before anything is stored', async () => {
      const store = open('empty')
      expect(await store.list('')).toEqual([])
      expect(await store.get('holdfast-backups.json')).toBeNull()
    })
  })
}

/** A service that stores an object on a condition, as S3 does. The S3 server of the tests ignores the condition. */
async function startConditionalService(conflicts: number): Promise<string> {
  const objects = new Map<string, Buffer>()
  let conflictsLeft = conflicts
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const key = request.url ?? ''
    const isConditional = request.headers['if-none-match'] === '*'
    if (request.method === 'GET') response.writeHead(objects.has(key) ? 200 : 404).end(objects.get(key))
    else if (isConditional && conflictsLeft-- > 0) response.writeHead(409).end()
    else if (isConditional && objects.has(key)) response.writeHead(412).end()
    else {
      objects.set(key, body)
      response.end()
    }
  })
  await once(server.listen(0), 'listening')
  onTestFinished(() => void server.close())
  return `http://key:secret@localhost:${(server.address() as AddressInfo).port}`
}

for (const kind of ['directory', 's3'] as const) {
  describe(`storing unless there is an object: ${kind}`, () => {
    it('stores the one of the first of many, whole, and leaves nothing else', async () => {
      const url = kind === 's3' ? await startConditionalService(1) : null
      const store = openObjectStore(kind === 's3' ? 's3://clinic/once' : join(directory, 'once'), url)
      const bodies = Array.from({ length: 8 }, () => randomBytes(100_000))
      const stored = await Promise.all(bodies.map((body) => store.putIfAbsent('a/key', body)))
      expect(stored.filter(Boolean)).toHaveLength(1)
      expect(await store.get('a/key')).toEqual(bodies[stored.indexOf(true)])
      expect(await store.putIfAbsent('a/key', Buffer.from('later'))).toBe(false)
      expect(await store.get('a/key')).toEqual(bodies[stored.indexOf(true)])
      if (kind === 'directory') expect(await readdir(join(directory, 'once', 'a'))).toEqual(['key'])
    })
  })
}

describe('a list of several pages', () => {
  // The S3 server of the tests can't list more than one page.
  it('has the objects of all of them', async () => {
    const keys = ['clinic/a', 'clinic/b', 'clinic/c']
    const server = createServer((request, response) => {
      const after = new URL(request.url ?? '', 'http://localhost').searchParams.get('start-after') ?? ''
      const [key = '', ...more] = keys.filter((one) => one > after)
      const page = `<Contents><Key>${key}</Key><Size>1</Size></Contents><IsTruncated>${more.length > 0}</IsTruncated>`
      response.end(`<ListBucketResult>${page}</ListBucketResult>`)
    })
    await once(server.listen(0), 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const store = openObjectStore('s3://bucket/clinic', `http://key:secret@localhost:${port}`)
    expect((await store.list('')).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })
})

describe('refusals', () => {
  it('says why a service cannot be reached', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const store = openObjectStore('s3://bucket/clinic', `http://key:secret@127.0.0.1:${port}`)
    await expect(store.put('a', Buffer.from('b'))).rejects.toThrow(`ECONNREFUSED 127.0.0.1:${port}`)
  })

  it('names what a place has to look like, and that S3 needs S3_URL', () => {
    expect(() => openObjectStore('ftp://server/x', null)).toThrow(/neither a directory nor s3:/)
    expect(() => openObjectStore('s3://clinic/x', null)).toThrow(/needs S3_URL/)
  })

  it('says that a bucket does not exist', async () => {
    const store = openObjectStore('s3://nothing-here/x', s3Url)
    await expect(store.put('a', Buffer.from('a'))).rejects.toThrow(/does not exist/)
    await expect(store.list('')).rejects.toThrow(/does not exist/)
  })

  it('says that the credentials were refused', async () => {
    const store = openObjectStore('s3://clinic/x', s3Url.replace(':S3RVER@', ':wrong@'))
    await expect(store.put('a', Buffer.from('a'))).rejects.toThrow(/refused the credentials/)
  })

  it('says that a file is in the place of the directory', async () => {
    const path = join(directory, 'a-file')
    await writeFile(path, '')
    await expect(openObjectStore(path, null).put('a', Buffer.from('a'))).rejects.toThrow(
      /cannot be used as a directory/,
    )
  })

  it('refuses a directory in /proc, where none can be created, at once', async () => {
    await expect(openObjectStore('/proc/holdfast/backups', null).put('a', Buffer.from('a'))).rejects.toThrow(
      '/proc/holdfast/backups cannot be used',
    )
  })
})
