import { Readable } from 'node:stream'
import {
  type Operation,
  type Problem,
  type ProblemCode,
  problemKinds,
  problemSchema,
  problemsOf,
  restOperations,
} from '@holdfast/contract'
import { Ajv, type ValidateFunction } from 'ajv'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, multipleOfPrecision: 6 })
ajv.addKeyword('x-expected')
ajv.addFormat('binary', true)
for (const format of ['uuid', 'date', 'date-time', 'email']) ajv.addFormat(format, formatOf(format))

const compiled = new Map<unknown, ValidateFunction>()
const described = new Map<string, Operation>(Object.entries(restOperations))

/**
 * Checks every response against the contract, before it is serialized (which drops unknown fields) and after. Adds
 * what it finds to the list.
 */
export const checkContract = fp(async (app: FastifyInstance, { violations }: { violations: string[] }) => {
  app.addHook('preSerialization', async (request, reply, payload: unknown) => {
    const operation = described.get(request.routeOptions.config?.operationId ?? '')
    if (operation) violations.push(...violationsOf(operation, reply.statusCode, JSON.parse(JSON.stringify(payload))))
    return payload
  })
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const operation = described.get(request.routeOptions.config?.operationId ?? '')
    // Serialized problems are bytes.
    // A stream is not read here.
    if (payload instanceof Readable) return payload
    const text = Buffer.isBuffer(payload) ? payload.toString() : payload
    const isText = /^(text|image)\//.test(String(reply.getHeader('content-type')))
    const body: unknown = typeof text === 'string' && text !== '' ? (isText ? text : JSON.parse(text)) : undefined
    if (operation) violations.push(...violationsOf(operation, reply.statusCode, body))
    return payload
  })
})

/** Describes how a response differs from the contract. */
export function violationsOf(operation: Operation, status: number, body: unknown): string[] {
  const at = `${operation.id} ${status}`
  const declared = operation.responses[status]
  if (declared) {
    if (!declared.schema) return body === undefined ? [] : [`${at}: has a body`]
    return errorsOf(declared.schema, body).map((error) => `${at}: ${error}`)
  }
  const errors = errorsOf(problemSchema, body).map((error) => `${at}: ${error}`)
  const code = typeof body === 'object' && body !== null && 'code' in body ? (body.code as ProblemCode) : undefined
  if (code === undefined || !problemsOf(operation).includes(code)) errors.push(`${at}: ${code} is not described`)
  else if (problemKinds[code].status !== status) errors.push(`${at}: ${code} has another status`)
  return [...errors, ...unknownFields(operation, body).map((path) => `${at}: ${path} is no field of the request`)]
}

/** The paths of a problem's errors that are no JSON pointers into the body, and name no place outside of it. */
function unknownFields({ body }: Operation, problem: unknown): string[] {
  const { errors = [] } = problem as Partial<Problem>
  const known = new Set(['', 'query', 'path', 'headers', ...namesOf(body)])
  return errors
    .filter(({ path, message }) => !known.has(path.split('/')[1] ?? '') && !message.startsWith('is not known here'))
    .map(({ path }) => path)
}

function namesOf(schema: object | undefined): string[] {
  const { properties = {}, anyOf = [], allOf = [] } = (schema ?? {}) as Partial<Record<string, object[]>>
  return [...Object.keys(properties), ...[...anyOf, ...allOf].flatMap(namesOf)]
}

function errorsOf(schema: object, value: unknown): string[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

/** Stricter than for requests: responses are in UTC, to the millisecond. */
function formatOf(name: string): RegExp {
  if (name === 'uuid') return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
  if (name === 'date') return /^\d{4}-\d\d-\d\d$/
  if (name === 'email') return /^[^@\s]+@[^@\s]+$/
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
}
