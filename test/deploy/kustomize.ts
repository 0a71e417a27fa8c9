import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

/** That of Kubernetes, in which an unquoted `off` is a boolean. */
const yaml = { version: '1.1' } as const

/** The texts of files by their paths. */
export type Files = ReadonlyMap<string, string>

export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
}

type Patch = { path?: string; patch?: string; target: { kind: string; name: string } }
type Kustomization = { resources?: string[]; components?: string[]; patches?: Patch[] }
type Operation = { op: string; path: string; value: unknown }

export type Built = { manifests: Manifest[]; problems: string[] }

const root = join(import.meta.dirname, '../../deploy/kubernetes')

/** Those of deploy/kubernetes. */
export function kubernetesManifests(): Map<string, string> {
  const paths = globSync('**/*.yaml', { cwd: root })
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

/**
 * What `kustomize build` makes of a folder, of the fields that deploy/kubernetes and its page use: resources,
 * components, and patches (RFC 6902) with a target.
 */
export function build(files: Files, folder: string): Built {
  const problems: string[] = []
  const file = `${folder}/kustomization.yaml`
  const read = (path: string): string => {
    const text = files.get(path)
    if (text === undefined) problems.push(`${file}: there is no ${path}`)
    return text ?? ''
  }
  const { resources = [], components = [], patches = [], ...others } = parse(read(file), yaml) as Kustomization
  const known = ['apiVersion', 'kind', 'images']
  for (const field of Object.keys(others).filter((name) => !known.includes(name))) problems.push(`${file}: ${field}`)

  const manifests = [...resources, ...components].flatMap((name) => {
    const path = join(folder, name)
    if (!path.endsWith('.yaml')) {
      const built = build(files, path)
      problems.push(...built.problems)
      return built.manifests
    }
    return parseAllDocuments(read(path), yaml).map((document) => document.toJS() as Manifest)
  })
  const named = [...resources, ...patches.map(({ path }) => path)]
  const beside = [...files.keys()].filter((path) => join(path, '..') === join(folder) && path !== file)
  for (const path of beside.filter((one) => !named.some((name) => name && join(folder, name) === one))) {
    problems.push(`${file}: does not name ${path}`)
  }
  for (const name of named.filter((one, index) => resources.includes(one ?? '') && named.indexOf(one) !== index)) {
    problems.push(`${file}: names ${name} twice`)
  }
  for (const { path, patch, target } of patches) {
    const targets = manifests.filter(({ kind, metadata }) => kind === target.kind && metadata.name === target.name)
    if (targets.length !== 1) problems.push(`${file}: there are ${targets.length} of ${target.kind} ${target.name}`)
    const content = parse(path === undefined ? (patch ?? '') : read(join(folder, path)), yaml) as unknown
    for (const one of targets) problems.push(...apply(one, content).map((problem) => `${file}: ${problem}`))
  }
  return { manifests, problems }
}

/** Changes `target`. @returns what is wrong */
function apply(target: unknown, patch: unknown): string[] {
  if (!Array.isArray(patch)) return ['a patch is no list of operations']
  return (patch as Operation[]).flatMap(({ op, path, value }) => {
    const keys = path.split('/').slice(1)
    const last = keys.pop() ?? ''
    const parent = keys.reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], target)
    const present = (parent as Record<string, unknown> | undefined)?.[last]
    if (parent === undefined || (present === undefined && op !== 'add')) return [`${path} does not exist`]
    if (op === 'test') return present === value ? [] : [`${path} is ${String(present)}, not ${String(value)}`]
    if (op === 'add' && Array.isArray(parent)) parent.splice(Number(last), 0, structuredClone(value))
    else if (op === 'add' || op === 'replace') Object.assign(parent as object, { [last]: structuredClone(value) })
    else return [`${op} of ${path} is not known here`]
    return []
  })
}
