/** The parts of a package.json, or of its entry in package-lock.json, that are read here. */
export type Manifest = {
  version?: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
  /** The workspace that a link leads to. */
  resolved?: string
  link?: boolean
  workspaces?: string[]
}

/** package-lock.json, version 3: what is installed, by its path in the checkout. */
export type Lockfile = { packages: Record<string, Manifest> }

/**
 * The part of a lockfile that a workspace needs to run: its dependencies, and theirs. `npm ci --omit=dev` installs
 * more, because it counts optional peers that something else brings along (better-auth's: vitest, react) as production
 * packages.
 *
 * @param workspace for example `packages/cli`
 * @throws Error if a dependency is not in the lockfile
 */
export function productionLockfile<Lock extends Lockfile>(lock: Lock, workspace: string): Lock {
  const reached = new Set<string>()
  const waiting = [workspace, ...required(lock, '')]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    const entry = lock.packages[path]
    if (entry?.link === true && entry.resolved !== undefined) waiting.push(entry.resolved)
    else waiting.push(...required(lock, path))
  }
  const link = Object.entries(lock.packages).find(([, entry]) => entry.link === true && entry.resolved === workspace)
  if (link !== undefined) reached.add(link[0])
  const root = withoutDevelopment(lock.packages[''] ?? {})
  const workspaces = [...reached].filter((path) => !path.includes('node_modules/')).sort()
  const rest = Object.entries(lock.packages).filter(([path]) => reached.has(path))
  const packages = Object.fromEntries(rest.map(([path, entry]) => [path, withoutDevelopment(entry)]))
  return { ...lock, packages: { '': { ...root, workspaces }, ...packages } }
}

/** A package.json or an entry of the lockfile, without what only development needs. */
export function withoutDevelopment<Entry extends object>(entry: Entry): Entry {
  const left = Object.entries(entry).filter(
    ([key]) => !['dev', 'devOptional', 'devDependencies', 'scripts'].includes(key),
  )
  return Object.fromEntries(left) as Entry
}

/** Paths of what a package needs. Optional dependencies of other platforms may be absent. */
function required(lock: Lockfile, from: string): string[] {
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = lock.packages[from] ?? {}
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
  const optional = Object.keys(optionalDependencies)
  const needed = [...Object.keys(dependencies), ...peers].filter((name) => !optional.includes(name))
  const found = needed.map((name) => {
    const path = resolved(lock, from, name)
    if (path === undefined) throw new Error(`package-lock.json lacks ${name}, which ${from || 'the root'} needs.`)
    return path
  })
  return [...found, ...optional.map((name) => resolved(lock, from, name)).filter((path) => path !== undefined)]
}

/** Where Node finds a package, from the folder of another one upwards. */
function resolved(lock: Lockfile, from: string, name: string): string | undefined {
  const folders = from === '' ? [] : from.split('/')
  for (let length = folders.length; length >= 0; length -= 1) {
    if (folders[length - 1] === 'node_modules') continue
    const path = [...folders.slice(0, length), 'node_modules', name].join('/')
    if (lock.packages[path] !== undefined) return path
  }
  return undefined
}
