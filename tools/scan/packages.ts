/** What `package-lock.json` says of a package. `link`: one of this repository. */
export type LockedPackage = {
  version?: string
  license?: string
  integrity?: string
  hasInstallScript?: boolean
  link?: boolean
}

/** Licences under which a hospital may run, change and pass on what a release contains. */
const licences = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  // The days of date-holidays. Whoever passes them on names their source, as decision 0038 does.
  'CC-BY-3.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
])

/** Packages whose package.json says it otherwise than by an SPDX expression, or not at all. Their texts were read. */
const readLicences: Readonly<Record<string, string>> = { busboy: 'MIT', 'humanize-number': 'MIT', streamsearch: 'MIT' }

/**
 * What is wrong with the packages that npm installs: an unknown licence, no digest, or an install script that nobody
 * decided about. npm runs those scripts alone that `allowScripts` of package.json allows.
 *
 * @param packages of package-lock.json, by path
 * @param allowScripts of package.json: whether the script of a package may run
 */
export function packageFindings(
  packages: Readonly<Record<string, LockedPackage>>,
  allowScripts: Readonly<Record<string, boolean>>,
): string[] {
  return Object.entries(packages).flatMap(([path, { version, license, integrity, hasInstallScript, link }]) => {
    const name = path.split('node_modules/').at(-1) ?? ''
    if (link || !path.includes('node_modules/')) return []
    const package_ = `${name} ${version}`
    return [
      ...(isKnown(license ?? readLicences[name])
        ? []
        : [`${package_}: the licence ${JSON.stringify(license ?? null)} is not in the list`]),
      ...(integrity === undefined ? [`${package_}: package-lock.json has no digest of it`] : []),
      ...(hasInstallScript && allowScripts[name] === undefined
        ? [`${package_}: it has an install script, and allowScripts of package.json does not name it`]
        : []),
    ]
  })
}

/**
 * Whether all licences of an SPDX expression with `AND`, or one of those with `OR`, are in the list. Expressions with
 * both are for people to read.
 */
function isKnown(expression: string | undefined): boolean {
  if (expression === undefined || (expression.includes(' AND ') && expression.includes(' OR '))) return false
  const alternatives = expression.replaceAll(/[()]/g, '').split(' OR ')
  return alternatives.some((one) => one.split(' AND ').every((licence) => licences.has(licence)))
}
