import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { parseBrokerUrl } from './broker-address.ts'
import { createEventPublisher } from './event-publisher.ts'

const message = { id: '1', routingKey: 'booking.x', type: 'x', at: new Date(), contentType: 'text/plain', body: '' }

test.for([
  ['amqp://broker', { port: '5672', vhost: '/', username: 'guest', tls: false }],
  [
    'amqps://u:p%40ss@broker.example.org/hospital%2fa',
    { port: '5671', vhost: 'hospital/a', password: 'p@ss', tls: true },
  ],
  ['amqp://[::1]:5673/', { hostname: '::1', port: '5673', vhost: '/' }],
  ['http://broker', undefined],
  ['amqp://', undefined],
  ['amqp://broker/a/b', undefined],
  ['amqp://broker?heartbeat=1', undefined],
  ['amqp://u:%zz@broker', undefined],
] as const)('%s is parsed', ([url, expected]) => {
  if (expected === undefined) expect(parseBrokerUrl(url)).toBeUndefined()
  else expect(parseBrokerUrl(url)).toMatchObject(expected)
})

test('a broker that is away is an error with its address, and without the password', async () => {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const publisher = createEventPublisher(`amqp://someone:hunter2@127.0.0.1:${port}`)
  const failed = publisher.publish([message])
  await expect(failed).rejects.toThrow(`RabbitMQ at 127.0.0.1:${port}: `)
  const text = await failed.catch((error: unknown) => `${String(error)} ${JSON.stringify(error)}`)
  expect(text).not.toMatch(/hunter2|someone/)
  await publisher.close()
  await expect(publisher.publish([message])).rejects.toThrow('is closed')
  server.close()
})
