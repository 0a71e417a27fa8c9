// Completeness: docs/operations/metrics.md lacks a metric: run `npm run metric-docs`
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { registryOfAll } from '../../test/registry-of-all.ts'
import { metricsPage, withCurrentMetrics } from './metric-docs.ts'
import { metricTable, processMetrics } from './table/metric-table.ts'

test('docs/operations/metrics.md lists the metrics as the code has them: else run `npm run metric-docs`', async () => {
  const page = await readFile(metricsPage, 'utf8')
  expect(page).toBe(withCurrentMetrics(page))
})

test('a row that was changed by hand is noticed', async () => {
  const page = await readFile(metricsPage, 'utf8')
  const changed = page.replace('| Slots in memory. |', '| Slots. |')
  expect(changed).not.toBe(page)
  expect(withCurrentMetrics(changed)).toBe(page)
  expect(() => withCurrentMetrics('# Metrics\n')).toThrow('docs/operations/metrics.md needs the lines')
})

const all = await registryOfAll().getMetricsAsJSON()
/** The starting process adds it to those of its server processes. */
const ofStarter = 'holdfast_processes'

test('the table has each metric that a process can have, and no other', () => {
  const names = all.map(({ name }) => name)
  const own = names.filter((name) => !/^holdfast_(nodejs|process)_/.test(name))
  expect(own.toSorted()).toEqual(
    Object.keys(metricTable)
      .filter((name) => name !== ofStarter)
      .toSorted(),
  )
  expect(Object.keys(processMetrics).filter((name) => !names.includes(name))).toEqual([])
})

test('names follow the conventions of Prometheus: a counter ends in _total, and a unit is a base unit', () => {
  for (const { name, type } of all) {
    if (/^holdfast_(nodejs|process)_/.test(name)) continue
    expect(name.endsWith('_total'), name).toBe(String(type) === 'counter')
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours|days|kilobytes|megabytes|percent)(_|$)/)
  }
})

test('each metric is explained in sentences', () => {
  for (const [name, { help, watch }] of Object.entries(metricTable)) {
    expect(help, name).toMatch(/^\S.*\.$/)
    expect(watch.length, name).toBeGreaterThan(5)
  }
})
