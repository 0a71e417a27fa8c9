import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { release } from 'node:os'
import { readRelease } from '@holdfast/engine'

export type Versions = { holdfast: string; node: string; system: string; packages: Record<string, string | null> }

const serverManifest = import.meta.resolve('@holdfast/server/config')
const adaptersManifest = import.meta.resolve('@holdfast/adapters/embedded-postgres')

/** The versions of Holdfast, Node, and each package that the server uses; null: it is not installed. */
export async function readVersions(): Promise<Versions> {
  const packages: Record<string, string | null> = {}
  for (const from of [serverManifest, adaptersManifest]) {
    const { dependencies } = await readManifest(findPackageJSON(from))
    for (const name of Object.keys(dependencies ?? {}).sort()) {
      if (name.startsWith('@holdfast/')) continue
      const path = installedManifest(name, from)
      packages[name] = path === undefined ? null : ((await readManifest(path)).version ?? null)
    }
  }
  const holdfast = await readRelease()
  return { holdfast, node: process.versions.node, system: `${process.platform} ${release()}`, packages }
}

function installedManifest(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, from)
  } catch {
    return undefined
  }
}

type Manifest = { version?: string; dependencies?: Record<string, string> }

async function readManifest(path: string | undefined): Promise<Manifest> {
  return path === undefined ? {} : (JSON.parse(await readFile(path, 'utf8')) as Manifest)
}
