import { restOperations } from '@holdfast/contract'
import { DatabaseUnavailable, newId } from '@holdfast/engine'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { errorHandler } from '../edge/errors/error-handler.ts'
import { DatabaseBreaker } from '../lifecycle/database-breaker.ts'
import { createFindResponder } from './find-responder.ts'
import type { RestDeps } from './rest-deps.ts'
import { createServe, type Serve } from './serve.ts'

const places = { known: () => 0, requireHere: async () => undefined }

/** Clinics with odd numbers are in one shard, the others in the other. */
function twoShards() {
  const [directory, odd, even] = [depsNamed('directory'), depsNamed('odd'), depsNamed('even')]
  const of = (clinicNo: number) => (clinicNo % 2 === 1 ? odd.deps : even.deps)
  return {
    directory,
    odd,
    even,
    shards: { common: directory.deps, others: [odd.deps, even.deps], of, lookAgain: async () => false, places },
  }
}

/** The dependencies that the routes of this test use. */
function depsNamed(name: string) {
  const breaker = new DatabaseBreaker()
  const tail = { horizon: 0n, epoch: name.length, transactionAt: () => 0n }
  const limitClinic = (_clinicNo: number, work: () => unknown) => work()
  const deps = { engine: { name }, limitClinic, freshness: { breaker, tail }, audit: { record: () => undefined } }
  return {
    deps: deps as unknown as RestDeps,
    open() {
      for (let failure = 0; failure < 5; failure += 1) breaker.report(false)
    },
  }
}

const nameOf = (deps: RestDeps) => (deps.engine as unknown as { name: string }).name

/** Each operation says who serves it. */
function serveThree(serve: Serve, deps: RestDeps): void {
  serve(restOperations.getClinic, () => ({ status: 200, body: nameOf(deps) as never }))
  serve(restOperations.listClinics, () => ({ status: 200, body: nameOf(deps) as never }))
  const described = { ...restOperations.leaveWaitlistByLink, retry: 'runs again', waits: 'in the engine' } as const
  serve(described, () => ({ status: 200, body: nameOf(deps) as never, position: '7' }))
}

async function served({ shards }: ReturnType<typeof twoShards>) {
  const app = Fastify()
  onTestFinished(() => app.close())
  app.setValidatorCompiler(() => () => true).setSerializerCompiler(() => (body) => JSON.stringify(body))
  app.setErrorHandler(errorHandler)
  app.addHook('onRequest', async (request) => {
    request.principal = { kind: 'anonymous' } as never
  })
  app.decorate('limitPatient', (_request: unknown, _reply: unknown, done: () => void) => done())
  app.decorate('limitBooking', (_request: unknown, _reply: unknown, done: () => void) => done())
  serveThree(createServe(app, shards.common, createFindResponder(shards, serveThree), shards), shards.common)
  const write = (entryId: string) =>
    app.inject({ method: 'POST', url: restOperations.leaveWaitlistByLink.url, body: { entryId, token: 'x' } })
  const read = (path: string) => app.inject(`/api/v1/clinics${path}`)
  return { write, read }
}

test('the shard of its clinic serves a request, or the directory, with the position of that shard', async () => {
  const { read, write } = await served(twoShards())
  expect((await read(`/${newId(7)}`)).body).toBe('odd')
  expect((await read(`/${newId(8)}`)).body).toBe('even')
  expect((await read('')).body).toBe('directory')
  const written = await write(newId(7))
  expect([written.body, written.headers['holdfast-position']]).toEqual(['odd', '3.7'])
  expect((await write(newId(8))).headers['holdfast-position']).toBe('4.7')
})

test('an id that names no clinic is served by the directory', async () => {
  const { read } = await served(twoShards())
  expect((await read('/a8098c1a-f86e-41da-bd1a-00112444be1e')).body).toBe('directory')
})

test('while a shard is away, its writes are refused, its reads are not, and other shards are served', async () => {
  const both = twoShards()
  const { read, write } = await served(both)
  both.odd.open()
  const refused = await write(newId(7))
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'unavailable'])
  expect((await write(newId(8))).body).toBe('even')
  expect((await read(`/${newId(7)}`)).body).toBe('odd')
})

test('an operation that a shard does not serve is an error of the server', () => {
  const { shards } = twoShards()
  const find = createFindResponder(shards, (serve, deps) => {
    if (deps !== shards.others[0]) serveThree(serve, deps)
  })
  const call = (clinicNo: number) => ({ params: { clinicId: newId(clinicNo) }, query: {}, body: undefined })
  const findClinic = find(restOperations.getClinic).at
  expect(findClinic(call(8))).toMatchObject({ deps: shards.others[1] })
  expect(() => findClinic(call(7))).toThrow('The operation getClinic is not served.')
})

test('the breaker of a shard throws what is refused with 503', () => {
  const { odd, shards } = twoShards()
  odd.open()
  const find = createFindResponder(shards, serveThree)
  const call = { params: undefined, query: {}, body: { entryId: newId(7), token: 'x' } }
  expect(() => find(restOperations.leaveWaitlistByLink).at(call)).toThrow(DatabaseUnavailable)
})
