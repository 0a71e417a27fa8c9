// Rest: each route of the contract
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../../..')

const imports = `
import { type Operation, restOperations } from '@holdfast/contract'
import { operation } from '../../../contract/src/operations/operation.ts'
import type { Serve } from './serve.ts'
declare const serve: Serve
`

/** The fields of an operation, without access. */
const fields =
  "method: 'GET', url: '/x', tag: 'Me', summary: 'X', problems: [], responses: { 204: { description: 'X' } }"

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
    `const described = { id: 'x', ${fields} } as const
     serve(described, () => ({ status: 204, body: undefined }))`,
    /'access' is missing|not assignable to parameter of type 'never'/,
  ],
  ['an operation of the contract without access', `operation({ ${fields} })`, /'access' is missing/],
  [
    'a write of the contract that does not say what the security log records',
    `operation({ ${fields.replace("'GET'", "'POST'").replace("'/x'", "'/api/v1/x'")}, access: 'account' })`,
    /'audit' is missing/,
  ],
  [
    'an access that nobody checks',
    `operation({ ${fields}, access: 'friends' })`,
    /'"friends"' is not assignable to type 'Access'/,
  ],
  [
    'an access by an id that the request does not carry',
    `serve({ ...operation({ ${fields}, access: 'admin' }), id: 'x' }, () => ({ status: 204, body: undefined }))`,
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
    `const described = { id: 'x', ${fields}, access: 'anyone', restrictedField: 'body.onBehalf' } as const
     serve(described, () => ({ status: 204, body: undefined }))`,
    /not assignable to parameter of type 'never'/,
  ],
  [
    'an operation of the contract whose restricted field is in none of its schemas',
    `operation({ ${fields}, access: 'anyone', restrictedField: 'body.onBehalf' })`,
    /This field is not in the schema of the query or of the body/,
  ],
  [
    'an operation of the contract whose restricted field is optional and has another name in its schema',
    `const { body } = restOperations.rescheduleBooking
     operation({ ${fields}, access: 'anyone', restrictedField: 'body.onBehalf', body })`,
    /This field is not in the schema of the query or of the body/,
  ],
  [
    'a restriction that nobody checks',
    `operation({ ${fields}, access: 'anyone', restrictedField: 'body.units' })`,
    /'"body.units"' is not assignable to type 'RestrictedField/,
  ],
  [
    'an operation of the contract that restricts its response by a role that its access does not find',
    `operation({ ${fields}, access: 'anyone', restrictedResponse: 'items' })`,
    /Only the check of member access finds the role/,
  ],
  [
    'a status that the operation does not describe',
    'serve(restOperations.removeMember, () => ({ status: 200, body: undefined }))',
    /'200' is not assignable to type '204'/,
  ],
]

test('a route compiles only with an access that is checked, and a handler only with what was granted', () => {
  const files = new Map(
    routes.map(([, code], index) => [join(import.meta.dirname, `route-${index}.ts`), imports + code]),
  )
  const errors = errorsOf(files)
  for (const [index, [what, , expected]] of routes.entries()) {
    const found = errors[index] ?? []
    if (expected === null) expect(found, what).toEqual([])
    else expect(found.join('\n'), what).toMatch(expected)
  }
})

/** What the compiler says of each file, with the project's settings. */
function errorsOf(files: ReadonlyMap<string, string>): string[][] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const compilerOptions = { ...options, incremental: false, noEmit: true }
  const host = ts.createCompilerHost(compilerOptions)
  const { fileExists, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  const program = ts.createProgram([...files.keys()], compilerOptions, host)
  return [...files.keys()].map((path) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(path))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  )
}
