import { type Operation, restOperations } from '@holdfast/contract'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { serializerCompiler } from './serializers.ts'
import { validatorCompiler } from './validator.ts'

const operations = Object.values<Operation>(restOperations)

test('every schema of the contract can be compiled, which the server does by the first request', async () => {
  const compile = validatorCompiler()
  for (const { id, method, url, params, query, body } of operations) {
    for (const [httpPart, schema] of Object.entries({ params, querystring: query, body })) {
      if (schema === undefined) continue
      const validate = compile({ schema, method, url, httpPart })
      expect(() => validate({}), `${id} ${httpPart}`).not.toThrow()
    }
  }
  // Fastify's own compiler does it before the server is ready.
  const eager = Fastify()
  for (const [index, { responses }] of operations.entries()) {
    const described = Object.entries(responses).flatMap(([status, { schema }]) => (schema ? [[status, schema]] : []))
    eager.get(`/${index}`, { schema: { response: Object.fromEntries(described) } }, async () => ({}))
  }
  await eager.ready()
  await eager.close()
})

test('a body is sent as its schema describes it, by each server of the process', async () => {
  const schema = { type: 'object', properties: { shown: { type: 'string' } } }
  for (let server = 0; server < 2; server += 1) {
    const app = Fastify()
    app.setSerializerCompiler(serializerCompiler())
    app.get('/', { schema: { response: { 200: schema } } }, async () => ({ shown: 'yes', hidden: 'no' }))
    expect((await app.inject('/')).body).toBe('{"shown":"yes"}')
    await app.close()
  }
})
