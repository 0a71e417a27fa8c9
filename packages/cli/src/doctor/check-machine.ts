import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { accountName } from '@holdfast/adapters/embedded-postgres'
import { alertThresholds } from '@holdfast/server/alert-thresholds'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'
import type { Versions } from './versions.ts'

const nodeMajorMin = 26
const httpWaitMs = 2_000

export function checkVersions({ node, packages }: Versions): Check[] {
  const missing = Object.entries(packages).filter(([, version]) => version === null)
  const major = Number(node.split('.')[0])
  return [
    major >= nodeMajorMin
      ? ok('node', node)
      : problem('node', `${node}, but ${nodeMajorMin} or newer is needed`, 'run it with `npm run holdfast -- …`'),
    missing.length === 0
      ? ok('packages', `${Object.keys(packages).length} installed`)
      : problem('packages', `missing: ${missing.map(([name]) => name).join(', ')}`, 'run `npm ci`'),
  ]
}

/** Checks that this user can use the embedded database's directory, or create it. */
export async function checkDataDirectory(directory: string): Promise<Check> {
  const check = await checkDirectory('data directory', directory, 'HOLDFAST_DATA')
  if (check.state !== 'error') return check
  return { ...check, fix: (await ownerAdvice(directory, process.getuid?.())) ?? check.fix }
}

/**
 * What to do about a data directory of another user: the right to write there is not enough, because the database in it
 * belongs to that user, too. null: the directory is this user's, or there is none.
 */
export async function ownerAdvice(directory: string, uid: number | undefined): Promise<string | null> {
  const found = await stat(directory).catch(() => null)
  if (found === null || !found.isDirectory() || found.uid === uid) return null
  const owner = await accountName(found.uid)
  return `it belongs to ${owner}: run Holdfast as ${owner}, or set HOLDFAST_DATA to another directory`
}

/** Checks that this user can use a directory, or create it. */
export async function checkDirectory(name: string, directory: string, setting: string): Promise<Check> {
  const fix = `let this user write there, or set ${setting} to another directory`
  try {
    const found = await stat(directory)
    if (!found.isDirectory()) return problem(name, `${directory} is not a directory`, fix)
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    const { bavail, bsize } = await statfs(directory)
    return judgeSpace(name, directory, bavail * bsize)
  } catch (error) {
    if (!isMissing(error)) return problem(name, `${directory} cannot be used: ${messageOf(error)}`, fix)
  }
  try {
    const existing = await nearestExisting(dirname(directory))
    await access(existing, constants.W_OK | constants.X_OK)
    // /proc, for example, has no blocks, although root may write there.
    if ((await statfs(existing)).blocks === 0) throw new Error(`${existing} cannot store files`)
    return ok(name, `${directory}, not created yet`)
  } catch (error) {
    return problem(name, `${directory} cannot be created: ${messageOf(error)}`, fix)
  }
}

/** PostgreSQL stops when its disk is full, and backups end. */
const freeBytesMin = alertThresholds.HoldfastDiskFull.limit

export function judgeSpace(name: string, directory: string, freeBytes: number): Check {
  const free = `${Math.floor(freeBytes / 2 ** 20)} MB`
  if (freeBytes >= freeBytesMin) return ok(name, directory)
  return warning(name, `${directory} has only ${free} free`, 'free some space, or use a larger disk')
}

/** Checks that a server could listen there, or that Holdfast already does. */
export async function checkPort(host: string, port: number): Promise<Check> {
  const name = 'port'
  if (port === 0) return ok(name, 'the system will choose one')
  const error = await listenError(host, port)
  if (error === null) return ok(name, `${port} on ${host} is free`)
  if (error.code === 'EADDRINUSE') {
    return (await isHoldfast(host, port))
      ? ok(name, `${port} on ${host}: Holdfast is running there`)
      : problem(name, `${port} on ${host} is used by another program`, 'stop it, or set PORT to another port')
  }
  if (error.code === 'EACCES') {
    return problem(name, `this user may not listen on port ${port}`, 'set PORT to 1024 or higher')
  }
  return warning(name, `cannot listen on ${host}: ${error.message}`, 'set HOST to an address of this machine')
}

function listenError(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}

async function isHoldfast(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  try {
    const signal = AbortSignal.timeout(httpWaitMs)
    const response = await fetch(`http://${reachable}:${port}/openapi.json`, { signal })
    const document = (await response.json()) as { info?: { title?: string } }
    return document.info?.title === 'Holdfast'
  } catch {
    return false
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path)
    return path
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error
    return nearestExisting(dirname(path))
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
