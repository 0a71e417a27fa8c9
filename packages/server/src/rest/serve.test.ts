// Rest: each route of the contract
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '../../../..')
const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
const source = (path: string) => join(root, 'packages', path)

const imports = `
import { type Operation, restOperations } from '@holdfast/contract'
import { operation } from '${source('contract/src/operations/operation.ts')}'
import type { Serve } from '${source('server/src/rest/serve.ts')}'
declare const serve: Serve
`

/** The fields of an operation, without access. */
const fields = "summary: 'X', responses: { 204: { description: 'X' } }"
const routed = `method: 'GET', url: '/x', tag: 'Me', ${fields}`

/** Routes that must not compile, each with the reason that the compiler must give; null: it compiles. */
const routes: [what: string, code: string, error: RegExp | null][] = [
  [
    'a route that uses what was granted',
    `serve(restOperations.getClinicStats, async ({ granted: { actor, clinic } }) => {
       const role: string = actor.role
       throw new Error(role + clinic.timezone)
     })`,
    null,
  ],
  [
    'an operation without access',
    `const described = { id: 'x', ${routed} } as const
     serve(described, () => ({ status: 204, body: undefined }))`,
    /'access' is missing|not assignable to parameter of type 'never'/,
  ],
  ['an operation of the contract without access', `operation('GET /x', { ${fields} })`, /'access' is missing/],
  [
    'a write of the contract that does not say what the security log records',
    `operation('POST /api/v1/x', { ${fields}, access: 'account' })`,
    /'audit' is missing/,
  ],
  [
    'an access that nobody checks',
    `operation('GET /x', { ${fields}, access: 'friends' })`,
    /'"friends"' is not assignable to type 'Access'/,
  ],
  [
    'an access by an id that the request does not carry',
    `const described = operation('GET /x', { ${fields}, access: 'admin' })
     serve({ ...described, id: 'x', tag: 'Me' }, () => ({ status: 204, body: undefined }))`,
    /not assignable to parameter of type 'never'/,
  ],
  [
    'an actor that was not checked: the access is any account',
    'serve(restOperations.getMe, ({ granted: { actor } }) => { throw actor })',
    /Property 'actor' does not exist on type 'AccountPrincipal'/,
  ],
  [
    'the principal in place of what was granted',
    'serve(restOperations.getMe, ({ request: { principal } }) => { throw principal })',
    /Property 'principal' does not exist/,
  ],
  [
    'a restricted field of the body in place of its check',
    'serve(restOperations.createBooking, ({ body: { onBehalf } }) => { throw onBehalf })',
    /Property 'onBehalf' does not exist/,
  ],
  [
    'a restricted field of the query in place of its check',
    'serve(restOperations.listClinicBookings, ({ query: { doctorId } }) => { throw doctorId })',
    /Property 'doctorId' does not exist/,
  ],
  [
    'a restriction by a field that the request does not carry',
    `const described = { id: 'x', ${routed}, access: 'anyone', restrictedField: 'body.onBehalf' } as const
     serve(described, () => ({ status: 204, body: undefined }))`,
    /not assignable to parameter of type 'never'/,
  ],
  [
    'an operation of the contract whose restricted field is in none of its schemas',
    `operation('GET /x', { ${fields}, access: 'anyone', restrictedField: 'body.onBehalf' })`,
    /This field is not in the schema of the query or of the body/,
  ],
  [
    'an operation of the contract whose restricted field is optional and has another name in its schema',
    `const { body } = restOperations.rescheduleBooking
     operation('GET /x', { ${fields}, access: 'anyone', restrictedField: 'body.onBehalf', body })`,
    /This field is not in the schema of the query or of the body/,
  ],
  [
    'a restriction that nobody checks',
    `operation('GET /x', { ${fields}, access: 'anyone', restrictedField: 'body.units' })`,
    /'"body.units"' is not assignable to type 'RestrictedField/,
  ],
  [
    'an operation of the contract that restricts its response by a role that its access does not find',
    `operation('GET /x', { ${fields}, access: 'anyone', restrictedResponse: 'items' })`,
    /Only the check of member access finds the role/,
  ],
  [
    'a status that the operation does not describe',
    'serve(restOperations.removeMember, () => ({ status: 200, body: undefined }))',
    /'200' is not assignable to type '204'/,
  ],
]

test('a route compiles only with an access that is checked, and a handler only with what was granted', async () => {
  const errors = await errorsOf(routes.map(([, code]) => imports + code))
  for (const [index, [what, , expected]] of routes.entries()) {
    const found = errors[index] ?? ''
    if (expected === null) expect(found, what).toBe('')
    else expect(found, what).toMatch(expected)
  }
})

/** What the native compiler says of each file, with the project's settings. TypeScript's API took 30 s of CPU. */
async function errorsOf(files: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(root, 'node_modules/.routes-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const names = files.map((_, index) => `route-${index}.ts`)
  const settings = { extends: join(root, 'tsconfig.json'), include: [], files: names }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  for (const [index, name] of names.entries()) await writeFile(join(folder, name), files[index] ?? '')
  const { stdout } = spawnSync(process.execPath, [compiler, '--noEmit', '--pretty', 'false', '-p', folder], {
    cwd: folder,
    encoding: 'utf8',
  })
  return names.map((name) =>
    stdout
      .split(/\n(?=\S)/)
      .filter((error) => error.startsWith(`${name}(`))
      .join('\n'),
  )
}
