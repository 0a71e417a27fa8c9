import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The programs of a cluster, and Debian's packages that have them. */
const packages = {
  etcd: 'etcd-server',
  patroni: 'patroni',
  haproxy: 'haproxy',
  nginx: 'nginx-light',
  openssl: 'openssl',
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  setpriv: 'util-linux',
} as const

export type Program = keyof typeof packages | 'postgres'

/** The oldest PostgreSQL that Holdfast supports. */
const postgresMajorMin = 15

/** Where Debian has PostgreSQL's programs, of the newest version; null: nowhere. */
export function postgresBinaries(): string | null {
  const root = '/usr/lib/postgresql'
  const majors = existsSync(root) ? readdirSync(root).map(Number) : []
  const [newest] = majors
    .filter((major) => major >= postgresMajorMin && existsSync(join(root, String(major), 'bin/postgres')))
    .toSorted((one, other) => other - one)
  return newest === undefined ? null : join(root, String(newest), 'bin')
}

/** Why these programs cannot run here, with the command that installs what is missing; null: they can. */
export function whyNoCluster(programs: readonly Program[]): string | null {
  if (process.platform !== 'linux') return 'its processes are those of Debian'
  const missing = programs.flatMap((program) => {
    if (program === 'postgres') return postgresBinaries() === null ? ['postgresql-15'] : []
    return pathOf(program) === null ? [packages[program]] : []
  })
  if (missing.length > 0) return `missing: apt-get install --no-install-recommends ${missing.join(' ')}`
  if (programs.includes('postgres') && isRoot() && accountOf('postgres') === null) return 'there is no user postgres'
  return null
}

/** The path of a program; /usr/sbin is not in everybody's PATH. */
function pathOf(program: string): string | null {
  try {
    const script = `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`
    return execFileSync('sh', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}

export const isRoot = (): boolean => process.getuid?.() === 0

/** The numbers of a user, as whom PostgreSQL runs for root. */
export function accountOf(user: string): { uid: number; gid: number } | null {
  try {
    const number = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: 'pipe' }))
    return { uid: number('-u'), gid: number('-g') }
  } catch {
    return null
  }
}
