import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { type LockedPackage, packageFindings } from './packages.ts'
import { secretsIn } from './secrets.ts'
import { vulnerabilitiesOf } from './vulnerabilities.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

// In two parts, so that this file has none itself.
const planted = [
  ['a private key', '', privateKey],
  ['an access token', 'gh', `p_${'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'}`],
  ['a password in an address', 'postgres://holdfast:', 'k3Yq9vLw2Zp@db.internal/holdfast'],
] as const

test.for(planted)('%s is found, with its file and line, and is not shown', async ([, first, second]) => {
  const [finding, ...others] = await secretsIn('settings.env', `# Settings\nTOKEN=${first}${second}\n`)
  expect(others).toEqual([])
  expect(finding).toMatch(/^settings\.env:2: /)
  expect(finding).not.toContain(second.slice(-20, -4))
})

test('the passwords of tests are none', async () => {
  expect(
    await secretsIn('a.test.ts', "'postgres://app:hunter2@127.0.0.1/one', 'https://user:secret@example.org/'"),
  ).toEqual([])
})

const fine = { version: '1.0.0', license: 'MIT', integrity: 'sha512-x' } satisfies LockedPackage

test.for<[string, LockedPackage, string]>([
  ['a licence that is not in the list', { ...fine, license: 'AGPL-3.0-only' }, 'licence "AGPL-3.0-only"'],
  ['a second licence that is not', { ...fine, license: '(MIT AND BUSL-1.1)' }, 'licence "(MIT AND BUSL-1.1)"'],
  ['a licence that is a choice of one and another', { ...fine, license: '(MIT OR X) AND BUSL-1.1' }, 'BUSL-1.1'],
  ['no licence', { version: '1.0.0', integrity: 'sha512-x' }, 'licence null'],
  ['no digest', { version: '1.0.0', license: 'MIT' }, 'no digest'],
  ['an install script', { ...fine, hasInstallScript: true }, 'install script'],
])('%s is found', ([, locked, text]) => {
  const found = packageFindings({ '': {}, 'node_modules/planted': locked, 'node_modules/fine': fine }, {})
  expect(found).toEqual([expect.stringMatching(/^planted 1\.0\.0: /)])
  expect(found.join()).toContain(text)
})

test('one of two licences is enough, and an install script that was decided about is none', () => {
  const packages = {
    'packages/web': { version: '0.3.0' },
    'node_modules/@holdfast/web': { link: true },
    'node_modules/one/node_modules/either': { ...fine, license: '(AGPL-3.0-only OR MIT)' },
    'node_modules/built': { ...fine, hasInstallScript: true },
    'node_modules/blocked': { ...fine, hasInstallScript: true },
  }
  expect(packageFindings(packages, { built: true, blocked: false })).toEqual([])
})

test('vulnerabilities are named with their advisories', () => {
  const via = [{ title: 'Prototype pollution', url: 'https://github.com/advisories/GHSA-x' }]
  const vulnerabilities = {
    low: { name: 'low', severity: 'low', range: '<2', via },
    user: { name: 'user', severity: 'high', range: '*', via: ['low'] },
  }
  expect(vulnerabilitiesOf(JSON.stringify({ vulnerabilities }))).toEqual({
    findings: [
      'low <2: low: Prototype pollution (https://github.com/advisories/GHSA-x)',
      'user *: high: by a package that it needs',
    ],
    notChecked: null,
  })
  expect(vulnerabilitiesOf('{"vulnerabilities":{}}')).toEqual({ findings: [], notChecked: null })
})

test.for([
  ['{"message":"405 Method Not Allowed","error":{}}', '405 Method Not Allowed'],
  ['{"error":{"summary":"no network"}}', 'no network'],
  ['npm: not found\n', 'npm: not found'],
  ['', 'npm printed nothing'],
] as const)('what npm could not look for is said: %s', ([output, why]) => {
  expect(vulnerabilitiesOf(output)).toEqual({ findings: [], notChecked: why })
})
