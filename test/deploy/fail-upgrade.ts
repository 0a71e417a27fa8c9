import { expect } from 'vitest'
import type { Machine } from './machine.ts'

const site = '/etc/nginx/sites-available/holdfast'
const setAside = '/var/lib/holdfast/*.failed-upgrade.*'

/** A release that serves people at another address than that which the installation asks, behind another site. */
export const servingElsewhere = {
  version: '98.1.0',
  change: `sed -i '1i process.env.HOST = "127.0.0.2"' packages/cli/src/main.ts
    sed -i '1i # of another release' deploy/nginx/holdfast.conf.template`,
}

/**
 * Upgrades to a release that serves people at an address that nginx knows, and then ends before the installation has
 * found it. What was written is set aside and named, and the site is as before.
 *
 * @param get reads a page of the site
 */
export async function failServingUpgrade(machine: Machine, installer: string, get: (path: string) => Promise<string>) {
  await machine.succeed(`cp -p ${site} /tmp/site`)
  await machine.succeed(`sed -i 's|^  server 127.0.0.1:3000;|&\\n  server 127.0.0.2:3000;|' ${site}`)
  await machine.succeed(`cp ${site} /tmp/two-servers && systemctl reload nginx`)
  await machine.succeed(`printf 'clinic,name,timezone\\nb,Southgate,Europe/Berlin\\n' >/tmp/southgate.csv`)
  const upgrade = machine.run(installer)
  const isCurrent = async () => (await machine.run('readlink /opt/holdfast/current')).out.trim()
  await expect.poll(isCurrent, { timeout: 300_000 }).toMatch(new RegExp(`/${servingElsewhere.version}$`))
  const shows = (path: string, text: string) =>
    expect.poll(() => get(path).catch(() => 'no response'), { timeout: 300_000 }).toContain(text)
  await shows('/readyz', '"ready"')
  await machine.succeed('holdfast import --clinics /tmp/southgate.csv')
  await shows('/api/v1/clinics', 'Southgate')
  // The installation would ask for five minutes.
  await machine.succeed('systemctl stop holdfast-server')
  const { code, out } = await upgrade
  expect(code).toBe(1)
  expect(out).toMatch(/\S+\.failed-upgrade\.\S+ has what a new release wrote before it was taken back/)
  expect(out).toContain('runs again, with the data as it was')
  await machine.succeed(`cmp ${site} /tmp/two-servers && nginx -t -q`)
  await machine.succeed(`mv /tmp/site ${site} && systemctl reload nginx`)
  await shows('/readyz', '"ready"')
}

/** What a release that was taken back has written is there, and nothing else of it. */
export async function expectSetAside(machine: Machine, version: string): Promise<void> {
  expect(await machine.succeed('ls /opt/holdfast')).not.toContain(version)
  expect(await machine.succeed('ls /var/lib/holdfast')).not.toContain('before-upgrade')
  expect((await machine.succeed(`ls -d ${setAside}`)).trim().split('\n')).toHaveLength(1)
  await machine.succeed(`rm -r ${setAside}`)
}
