import { readFile } from 'node:fs/promises'

/** The root of the engine's package. */
export const engineRoot = new URL('../../', import.meta.url)

/**
 * The release of Holdfast: the version in the engine's package.json. All packages of Holdfast have the same version, as
 * they depend on each other's exact version.
 *
 * @throws Error if it has no version
 */
export async function readRelease(root: URL = engineRoot): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('package.json', root), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new Error("The engine's package.json has no version.")
}
