import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { programOf } from '../cluster/holdfast-process.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)
/** What the packages of a version need may have to be downloaded. */
const installMsMax = 600_000

export type PreviousVersion = {
  /** As it was named. */
  from: string
  commit: string
  /** Its command-line program. */
  program: string
}

/** The tag of the last release that this checkout has come from; null: there is none. */
export async function lastRelease(): Promise<string | null> {
  const { stdout } = await run('git', ['tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname'], {
    cwd: root,
  })
  return stdout.split('\n')[0] || null
}

/**
 * Writes a commit's files into a directory, with the packages that it needs: hard links of this checkout's, if the lock
 * files name the same. If it has the same number as this version, it gets a lower one: a release before has one, and a
 * database knows by it which functions are newer.
 *
 * @throws Error if there is no such commit
 */
export async function previousVersion(from: string, directory: string): Promise<PreviousVersion> {
  const { stdout } = await run('git', ['rev-parse', '--verify', '--quiet', '--end-of-options', `${from}^{commit}`], {
    cwd: root,
  }).catch(() => {
    throw new Error(`There is no commit ${from} in this checkout.`)
  })
  const commit = stdout.trim()
  await mkdir(directory)
  await unpack(commit, directory)
  if ((await lockedPackages(root)) === (await lockedPackages(directory))) await linkPackages(directory)
  else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, timeout: installMsMax })
  await lowerEqualRelease(directory)
  return { from, commit, program: programOf(directory) }
}

/** What is installed for a checkout. The numbers of its own workspaces are another version's. */
async function lockedPackages(checkout: string): Promise<string> {
  const lock = JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')) as { packages: object }
  return JSON.stringify(Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/')))
}

/** Unlike a worktree, an archive leaves nothing in the repository. */
async function unpack(commit: string, directory: string): Promise<void> {
  const archive = spawn('git', ['archive', commit], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const tar = spawn('tar', ['-x', '-C', directory], { stdio: [archive.stdout, 'inherit', 'inherit'] })
  const codes = await Promise.all([once(archive, 'exit'), once(tar, 'exit')])
  if (codes.some(([code]) => code !== 0)) throw new Error(`The files of ${commit} could not be written.`)
}

/** The packages of the workspaces are links in them, so they lead into the directory. */
async function linkPackages(directory: string): Promise<void> {
  const folders = ['node_modules', ...globSync('{packages/*,bench,drills}/node_modules', { cwd: root })]
  for (const folder of folders) {
    const [source, target] = [join(root, folder), join(directory, folder)]
    if (!existsSync(dirname(target))) continue
    // On another disk they have to be copied.
    await run('cp', ['-al', source, target]).catch(async () => {
      await run('rm', ['-rf', target])
      await run('cp', ['-a', source, target])
    })
  }
}

type Manifest = { version: string }

async function lowerEqualRelease(directory: string): Promise<void> {
  const path = 'packages/engine/package.json'
  const [own, text] = await Promise.all([root, directory].map((checkout) => readFile(join(checkout, path), 'utf8')))
  const manifest = JSON.parse(text ?? '') as Manifest
  if (manifest.version !== (JSON.parse(own ?? '') as Manifest).version) return
  await writeFile(join(directory, path), JSON.stringify({ ...manifest, version: lowerRelease(manifest.version) }))
}

/** The number of a patch release of the same minor line, or of the line before. */
export function lowerRelease(version: string): string {
  const [major = 0, minor = 0, patch = 0] = (version.split('-')[0] ?? '').split('.').map(Number)
  if (patch > 0) return `${major}.${minor}.${patch - 1}`
  return minor > 0 ? `${major}.${minor - 1}.999` : `${major - 1}.999.999`
}
