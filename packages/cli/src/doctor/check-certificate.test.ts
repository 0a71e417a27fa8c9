import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { checkCertificate } from './check-certificate.ts'

test('a certificate that ends soon, or has ended, is found where HOLDFAST_URL leads', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-certificate-'))
  const [keyPath, certPath] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-days', '60', '-keyout', keyPath, '-out', certPath]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject], { stdio: 'ignore' })
  const server = createServer({ key: await readFile(keyPath), cert: await readFile(certPath) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  onTestFinished(async () => {
    server.close()
    await rm(directory, { recursive: true, force: true })
  })
  const url = `https://localhost:${(server.address() as AddressInfo).port}`
  const inDays = (days: number) => checkCertificate(url, new Date(Date.now() + days * 86_400_000))
  expect(await inDays(0)).toMatchObject([{ state: 'ok', found: expect.stringContaining('is valid until') }])
  expect(await inDays(50)).toMatchObject([{ state: 'warning', found: expect.stringContaining('ends in 9 days') }])
  expect(await inDays(61)).toMatchObject([{ state: 'error', found: expect.stringContaining('has ended on') }])
})

test('no https, nothing to check; an address that is not reached from here is said', async () => {
  expect(await checkCertificate(null)).toEqual([])
  expect(await checkCertificate('http://localhost:3000')).toEqual([])
  expect(await checkCertificate('https://127.0.0.1:1')).toMatchObject([
    { state: 'ok', found: expect.stringContaining('not checked: https://127.0.0.1:1 cannot be reached') },
  ])
})
