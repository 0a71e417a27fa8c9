import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { ClusterHome } from './cluster-home.ts'

/** A socket's path may have 103 bytes on macOS (107 on Linux), of which `/.s.PGSQL.5432.lock` takes 19. */
const pathBytesMax = 84

const temporaryPrefix = 'holdfast-'

/**
 * Creates the directory for the server's socket, which only its account can enter: in the cluster's home, or in the
 * system's temporary directory if that path is too long for a socket. Call it while no server of this cluster runs: it
 * removes the socket of a killed server, whose lock file would block the next server if the process id were reused.
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

/** Removes the directory if it is a temporary one, including one that a killed Holdfast left behind. */
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
