import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { compressPayload } from './compression.ts'

const long = { text: 'a case of a board, '.repeat(100) }

/** A server whose route has a long response, and one with a short one. */
function aServer() {
  const app = Fastify()
  onTestFinished(() => app.close())
  app.get('/long', { onSend: compressPayload }, () => long)
  app.get('/short', { onSend: compressPayload }, () => ({ text: 'a case' }))
  app.get('/vary', { onSend: compressPayload }, (_request, reply) => reply.header('vary', 'origin').send(long))
  app.get('/bytes', { onSend: compressPayload }, () => Buffer.alloc(2_000))
  return (url: string, accepted?: string) =>
    app.inject({ url, headers: accepted === undefined ? {} : { 'accept-encoding': accepted } })
}

test.for([
  { accepted: 'gzip, deflate', encoding: 'gzip', decode: gunzipSync },
  { accepted: 'gzip, deflate, br, zstd', encoding: 'br', decode: brotliDecompressSync },
  { accepted: 'br;q=0, gzip', encoding: 'gzip', decode: gunzipSync },
  { accepted: 'gzip;q=0.5, br;q=0.8', encoding: 'br', decode: brotliDecompressSync },
  { accepted: '*', encoding: 'br', decode: brotliDecompressSync },
  { accepted: 'br;q=0, *', encoding: 'gzip', decode: gunzipSync },
  { accepted: '*, BR ; q=0.000', encoding: 'gzip', decode: gunzipSync },
])('a client that accepts $accepted gets $encoding, with the same content', async ({ accepted, encoding, decode }) => {
  const { headers, rawPayload } = await aServer()('/long', accepted)
  expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' })
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
  expect(Number(headers['content-length'])).toBe(rawPayload.length)
  expect(rawPayload.length).toBeLessThan(200)
  expect(JSON.parse(decode(rawPayload).toString())).toEqual(long)
})

test('a client that accepts neither gets the text, and caches learn that others may not', async () => {
  for (const accepted of [undefined, 'deflate', 'br;q=0, gzip;q=0', 'gzip;q=0,br;q=0,*', '*;q=0']) {
    const { headers, payload } = await aServer()('/long', accepted)
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, 'accept-encoding'])
    expect(JSON.parse(payload)).toEqual(long)
  }
})

test('a short response and bytes stay as they are', async () => {
  const request = aServer()
  for (const url of ['/short', '/bytes']) {
    const { headers } = await request(url, 'gzip')
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, undefined])
  }
})

test('what else a response varies by is kept', async () => {
  const { headers } = await aServer()('/vary', 'gzip')
  expect(headers.vary).toBe('origin, accept-encoding')
})
