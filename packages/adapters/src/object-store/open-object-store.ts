import { resolve } from 'node:path'
import { directoryStore } from './directory-store.ts'
import { type ObjectStore, ObjectStoreError } from './object-store.ts'
import { type S3Settings, s3Store } from './s3-store.ts'

const s3Pattern = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/

/** Whether it is a place of the form `s3://bucket/prefix`. */
export function isObjectStore(place: string): boolean {
  return s3Pattern.test(place)
}

/**
 * Opens `s3://bucket/prefix`, or else a directory. Nothing is read or written yet.
 *
 * @param s3Url the service with its credentials: `https://KEY:SECRET@HOST?region=REGION`
 * @throws ObjectStoreError `invalid`
 */
export function openObjectStore(place: string, s3Url: string | null): ObjectStore {
  if (!/^[a-z0-9]+:\/\//i.test(place)) return directoryStore(resolve(place))
  const match = s3Pattern.exec(place)
  if (match === null) {
    const bucket = 'a bucket has 3 to 63 lower-case letters, digits, dots and hyphens'
    throw new ObjectStoreError('invalid', `${place} is neither a directory nor s3://bucket/prefix: ${bucket}.`)
  }
  const settings = s3Url === null ? undefined : parseS3Url(s3Url)
  if (settings === undefined) {
    throw new ObjectStoreError('invalid', `${place} needs S3_URL: https://KEY:SECRET@HOST?region=REGION.`)
  }
  return s3Store(settings, match[1] ?? '', (match[2] ?? '').replace(/^\/+|\/+$/g, ''))
}

/** undefined: it is not such a URL. */
export function parseS3Url(text: string): S3Settings | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username === '' || url.password === '') return undefined
  return {
    endpoint: `${url.protocol}//${url.host}${url.pathname}`,
    accessKey: decodeURIComponent(url.username),
    secretKey: decodeURIComponent(url.password),
    region: url.searchParams.get('region') ?? 'us-east-1',
  }
}
