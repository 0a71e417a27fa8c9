import { messageOf } from '@holdfast/vocabulary'
import { AwsClient } from 'aws4fetch'
import { XMLParser } from 'fast-xml-parser'
import pRetry from 'p-retry'
import { type ObjectStore, ObjectStoreError, type StoredObject } from './object-store.ts'

export type S3Settings = {
  /** The service's address, without the bucket. */
  endpoint: string
  accessKey: string
  secretKey: string
  region: string
}

const requestMsMax = 120_000
const retriesMax = 4
/** Requests at a time when objects are removed. */
const removalsMax = 16

/** A response with an error status. */
class S3Failure extends Error {
  readonly status: number

  constructor(status: number, body: string) {
    super(/<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? `status ${status}`)
    this.status = status
  }
}

type SentRequest = { method: string; body?: Uint8Array<ArrayBuffer>; headers?: Record<string, string> }

type Page = {
  objects: StoredObject[]
  /** The last full key of the page; null: this is the last page. */
  next: string | null
}

/** Objects of a bucket whose keys begin with the prefix. A failed request is repeated four times, within 15 s. */
export function s3Store(settings: S3Settings, bucket: string, prefix: string): ObjectStore {
  const { endpoint, accessKey, secretKey, region } = settings
  const name = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
  const client = new AwsClient({
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    service: 's3',
    region,
    // p-retry below also repeats requests that got no response.
    retries: 0,
  })
  const bucketUrl = `${endpoint.replace(/\/+$/, '')}/${bucket}`
  const fullKey = (key: string) => (prefix === '' ? key : `${prefix}/${key}`)
  const urlOf = (key: string) => `${bucketUrl}/${fullKey(key).split('/').map(encodeURIComponent).join('/')}`
  const send = (url: string, init: SentRequest) =>
    retried(name, async () => {
      const response = await client.fetch(url, { ...init, signal: AbortSignal.timeout(requestMsMax) })
      const body = Buffer.from(await response.arrayBuffer())
      if (!response.ok) throw new S3Failure(response.status, body.toString())
      return body
    })
  const listPage = async (wanted: string, from: string | null): Promise<Page> => {
    const query = new URLSearchParams({ 'list-type': '2', prefix: fullKey(wanted) })
    if (from !== null) query.set('start-after', from)
    const page = parsePage(await send(`${bucketUrl}?${query}`, { method: 'GET' }))
    const skipped = prefix === '' ? 0 : prefix.length + 1
    return { ...page, objects: page.objects.map(({ key, bytes }) => ({ key: key.slice(skipped), bytes })) }
  }
  return {
    name,
    async put(key, body) {
      await send(urlOf(key), { method: 'PUT', body: new Uint8Array(body) })
    },
    async putIfAbsent(key, body) {
      const init = { method: 'PUT', body: new Uint8Array(body), headers: { 'if-none-match': '*' } }
      return send(urlOf(key), init).then(
        () => true,
        (error: unknown) => {
          if (statusOf(error) === 412) return false
          throw error
        },
      )
    },
    async get(key) {
      const url = urlOf(key)
      return send(url, { method: 'GET' }).catch((error: unknown) => {
        if (isMissingKey(error)) return null
        throw error
      })
    },
    async list(wanted) {
      const found: StoredObject[] = []
      for (let page: Page | null = null; page === null || page.next !== null; ) {
        page = await listPage(wanted, page?.next ?? null)
        found.push(...page.objects)
      }
      return found.sort((a, b) => (a.key < b.key ? -1 : 1))
    },
    async remove(keys) {
      for (let from = 0; from < keys.length; from += removalsMax) {
        await Promise.all(keys.slice(from, from + removalsMax).map((key) => send(urlOf(key), { method: 'DELETE' })))
      }
    },
  }
}

const parser = new XMLParser({ parseTagValue: false, isArray: (tag) => tag === 'Contents' })

function parsePage(body: Buffer): Page {
  const { ListBucketResult: result } = parser.parse(body) as {
    ListBucketResult: { Contents?: { Key: string; Size: string }[]; IsTruncated?: string }
  }
  const objects = (result.Contents ?? []).map(({ Key, Size }) => ({ key: Key, bytes: Number(Size) }))
  return { objects, next: result.IsTruncated === 'true' ? (objects.at(-1)?.key ?? null) : null }
}

async function retried<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await pRetry(work, {
      retries: retriesMax,
      minTimeout: 1_000,
      shouldRetry: ({ error }) => isTransient(error),
    })
  } catch (error) {
    throw explained(name, error)
  }
}

/** 409: another request for the same object is in progress. */
function isTransient(error: unknown): boolean {
  return (
    !(error instanceof S3Failure) ||
    error.status >= 500 ||
    error.status === 429 ||
    error.status === 408 ||
    error.status === 409
  )
}

function isMissingKey(error: unknown): boolean {
  return statusOf(error) === 404 && error instanceof Error && !/bucket/i.test(String(error.cause))
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof ObjectStoreError) || !(error.cause instanceof S3Failure)) return undefined
  return error.cause.status
}

function explained(name: string, error: unknown): ObjectStoreError {
  const status = error instanceof S3Failure ? error.status : undefined
  const reason = reasonOf(error)
  const options = { cause: error }
  if (status === 401 || status === 403) {
    return new ObjectStoreError('denied', `${name} refused the credentials of S3_URL (${status}).`, options)
  }
  if (status === 507 || (status !== undefined && /quota|storage.?full|insufficient.?storage/i.test(reason))) {
    return new ObjectStoreError('full', `There is no space left in ${name}: ${reason}`, options)
  }
  if (status === 404) return new ObjectStoreError('invalid', `${name} does not exist: create the bucket.`, options)
  return new ObjectStoreError('unreachable', `${name} cannot be reached: ${reason}`, options)
}

/** The reason of a failed `fetch`, whose error says only that it failed, is in its cause. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof TypeError ? (error.cause ?? error) : error)
}
