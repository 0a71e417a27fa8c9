// Completeness: an operation of the contract is not described completely
import Type from 'typebox'
import { expect, test } from 'vitest'
import { buildOpenApi } from './openapi.ts'
import { operation, operationTable, problemsOf } from './operations/operation.ts'
import { operations } from './operations.ts'
import type { ProblemKind } from './problem-kind.ts'
import { problemCodes, problemKinds } from './problems.ts'
import { problemSchema } from './schemas/problem.ts'

const document = buildOpenApi()

test('every operation is documented once, under its own id', () => {
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((described) => described.operationId),
  )
  expect(ids.toSorted()).toEqual(operations.map(({ id }) => id).toSorted())
  expect(new Set(ids).size).toBe(ids.length)
})

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name,
  )
  expect(references.length).toBeGreaterThan(50)
  for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name)
})

test('the documentation says waitlist, as ARCHITECTURE.md does', () => {
  expect(JSON.stringify(document).match(/.{40}waiting list/gi)).toBeNull()
})

test('parameters in the path are described, and only those', () => {
  for (const { url, params, id } of operations) {
    const named = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    expect(Object.keys(params?.properties ?? {}), id).toEqual(named)
  }
})

test('requests refuse what they do not know: every object of ours says additionalProperties false', () => {
  for (const { id, url, params, query, body } of operations) {
    if (!url.startsWith('/api/v1/')) continue
    for (const schema of [params, query, body]) expect(openObjects(schema), id).toEqual([])
  }
  expect(openObjects(Type.Object({ inner: Type.Object({}) }, { additionalProperties: false }))).toEqual(['/inner'])
})

test('every text and list a request may carry is bounded', () => {
  for (const { id, url, params, query, body } of operations) {
    if (!url.startsWith('/api/v1/')) continue
    for (const schema of [params, query, body]) expect(unbounded(schema), id).toEqual([])
  }
  expect(unbounded(Type.Object({ text: Type.String(), list: Type.Array(Type.Null()) }))).toEqual(['/text', '/list'])
})

test('every problem has a status of a refusal and words that help', () => {
  for (const code of problemCodes) {
    expect(problemKinds[code].status, code).toBeGreaterThanOrEqual(400)
    expect(problemKinds[code].help.length, code).toBeGreaterThan(10)
  }
})

test('a member of problem documents is described with every code that has it', () => {
  const { properties } = problemSchema
  expect(properties).toMatchObject({
    max: { type: 'integer', description: '`too_many_bookings`, `too_many_units`: the limit of the clinic' },
    requestIds: { description: '`patient_in_use`' },
  })
  expect(problemSchema.required).not.toContain('max')
})

test('a call that needs credentials documents 401, and one for admins 403', () => {
  for (const described of operations) {
    const problems = problemsOf(described)
    if (described.access !== 'anyone') expect(problems, described.id).toContain('unauthenticated')
    if (described.access === 'admin') expect(problems, described.id).toContain('forbidden')
  }
})

test('two different schemas of one title are a mistake', () => {
  const { x } = operationTable('Slots', {
    x: operation('POST /x', {
      summary: 'X',
      access: 'anyone',
      body: Type.Object({ a: Type.Null() }, { title: 'Same' }),
      responses: { 200: { description: 'X', schema: Type.Object({}, { title: 'Same' }) } },
    }),
  })
  expect(() => buildOpenApi([x])).toThrow('Two different schemas are titled Same')
})

type Schema = {
  type?: string | string[]
  enum?: unknown[]
  format?: string
  pattern?: string
  maxLength?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: boolean
  anyOf?: Schema[]
}

function walk(schema: unknown, path: string, visit: (schema: Schema, path: string) => void): void {
  if (!schema) return
  const known = schema as Schema
  visit(known, path)
  for (const [name, property] of Object.entries(known.properties ?? {})) walk(property, `${path}/${name}`, visit)
  if (known.items) walk(known.items, `${path}/-`, visit)
  for (const option of known.anyOf ?? []) walk(option, path, visit)
}

function openObjects(schema: unknown): string[] {
  const found: string[] = []
  walk(schema, '', (one, path) => {
    if (one.type === 'object' && one.additionalProperties !== false) found.push(path)
  })
  return found
}

function unbounded(schema: unknown): string[] {
  const found: string[] = []
  walk(schema, '', (one, path) => {
    const types = [one.type].flat()
    const isBoundedText =
      one.enum !== undefined ||
      one.maxLength !== undefined ||
      one.format === 'date' ||
      /^\^[^*+]*\$$/.test(one.pattern ?? '')
    if (types.includes('string') && !isBoundedText) found.push(path)
    if (types.includes('array') && one.maxItems === undefined) found.push(path)
  })
  return found
}

test('problem codes with the same member describe it alike: the schema of problems has one text for all', () => {
  const schemas: Record<string, unknown> = {}
  for (const code of problemCodes) {
    const { members = {} }: ProblemKind = problemKinds[code]
    for (const [name, schema] of Object.entries(members)) {
      schemas[name] ??= schema
      expect(schema, `${name} of ${code}`).toEqual(schemas[name])
    }
  }
  expect(Object.keys(schemas)).toContain('inRoomAt')
})
