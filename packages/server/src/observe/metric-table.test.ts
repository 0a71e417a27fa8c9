import { expect, test } from 'vitest'
import { registryOfAll } from '../../test/registry-of-all.ts'
import { metricTable, processMetrics } from './table/metric-table.ts'

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
