import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { ClusterHome } from './cluster-home.ts'

/** A socket's whole path may have 103 bytes on macOS (107 on Linux), of which `/.s.PGSQL.5432.lock` takes 19. */
const pathBytesMax = 84

const temporaryPrefix = 'holdfast-'

/**
 * Makes the directory for the server's socket, entered by its account alone: in the cluster's home, or in the system's
 * temporary directory where that path is too long for a socket. Called when no server of this cluster runs: a socket
 * found there is a killed one's, and its lock would stop the next server for as long as that process id is in use.
 */
export async function makeSocketDirectory(clusterHome: ClusterHome): Promise<string> {
  const beside = join(clusterHome.home, 'socket')
  const directory = Buffer.byteLength(beside) <= pathBytesMax ? beside : await makeTemporary()
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) await rm(join(directory, name), { force: true })
  if (clusterHome.account !== undefined) await chown(directory, clusterHome.account.uid, clusterHome.account.gid)
  return directory
}

/** Removes the directory if it was a temporary one, also one that a killed Holdfast left. */
export async function removeSocketDirectory(directory: string): Promise<void> {
  if (!basename(directory).startsWith(temporaryPrefix) || !temporaryRoots().includes(dirname(directory))) return
  await rm(directory, { recursive: true, force: true })
}

async function makeTemporary(): Promise<string> {
  const root = temporaryRoots().find((path) => Buffer.byteLength(path) <= pathBytesMax - temporaryPrefix.length - 6)
  return mkdtemp(join(root ?? '/tmp', temporaryPrefix))
}

function temporaryRoots(): string[] {
  return [tmpdir(), '/tmp']
}
