// Completeness: a threshold of an alert is said differently in deploy/prometheus and for the health of an installation
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { type AlertThreshold, alertThresholds, backupIntervalsMax } from './table/alert-thresholds.ts'

type Rule = { alert: string; expr: string; labels: { severity: string } }
const path = join(import.meta.dirname, '../../../../deploy/prometheus/alerts.yml')
const { groups } = parse(readFileSync(path, 'utf8')) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap(({ rules }) => rules)

/** Alerts on what has happened over some minutes, or on what only Prometheus or another process knows. */
const onlyInPrometheus = [
  'HoldfastNoServer',
  'HoldfastProcessDown',
  'HoldfastRequestsFail',
  'HoldfastRequestsFailOften',
  'HoldfastResponsesSlow',
  'HoldfastResponsesVerySlow',
  'HoldfastMeanResponseSlow',
  'HoldfastCacheHitsFew',
  'HoldfastCacheHitsVeryFew',
  'HoldfastEventLoopLate',
  'HoldfastPoolNearlyUsed',
  'HoldfastPoolExhausted',
  'HoldfastLocksWaitedFor',
  'HoldfastDeadlocks',
  'HoldfastStatementsSlow',
  'HoldfastJobsNotObserved',
  'HoldfastRelayLate',
  'HoldfastDeadLettersMany',
  'HoldfastAuditLost',
]

const seconds: Record<string, number> = { m: 60, h: 3_600 }

/** The numbers that follow this comparison, with products multiplied; of `within`, the lengths of ranges. */
function limitsOf(expr: string, when: AlertThreshold['when']): number[] {
  if (when === 'within') {
    return Array.from(expr.matchAll(/\[(\d+)([mh])\]/g), ([, count, unit = '']) => Number(count) * (seconds[unit] ?? 0))
  }
  const compared = new RegExp(`(?<![<>=!])${when} (?:clamp_min\\(.*, )?([\\d.]+)(?: \\* ([\\d.]+))?`, 'gs')
  // What an alert is silent for is no threshold.
  const [fires = ''] = expr.split('unless')
  return Array.from(fires.matchAll(compared), ([, one, other = '1']) => Number(one) * Number(other))
}

function differences(thresholds: Readonly<Record<string, AlertThreshold>>): string[] {
  return Object.entries(thresholds).flatMap(([name, { severity, when, limit }]) => {
    const rule = rules.find(({ alert }) => alert === name)
    if (rule === undefined) return [`${name}: no rule`]
    const limits = when === 'missing' ? [limit] : limitsOf(rule.expr, when)
    const isSame = limits.length > 0 && limits.every((one) => one === limit) && rule.labels.severity === severity
    return isSame ? [] : [`${name}: ${rule.labels.severity} ${when} ${limits.join()}`]
  })
}

test('each threshold is that of its rule, with its severity', () => {
  expect(differences(alertThresholds)).toEqual([])
})

test('another limit, severity or comparison than the rule’s is noticed', () => {
  const { HoldfastTailHeldBack: tail, HoldfastCertificateEnds: ends } = alertThresholds
  expect(
    differences({
      HoldfastTailHeldBack: { ...tail, limit: 6 },
      HoldfastReplicaLate: { severity: 'critical', when: '>', limit: 1 },
      HoldfastCertificateEnds: { ...ends, when: '>' },
      HoldfastJobsStopped: { severity: 'critical', when: 'within', limit: 60 },
      HoldfastNothing: tail,
    }),
  ).toEqual([
    'HoldfastTailHeldBack: critical > 5',
    'HoldfastReplicaLate: warning > 1,1',
    'HoldfastCertificateEnds: warning > ',
    'HoldfastJobsStopped: critical within 900',
    'HoldfastNothing: no rule',
  ])
})

test('backups are late after as many intervals as in the rule', () => {
  const { expr = '' } = rules.find(({ alert }) => alert === 'HoldfastBackupOld') ?? {}
  expect(expr).toMatch(new RegExp(`clamp_min\\(${backupIntervalsMax} \\*`))
})

test('each rule has a threshold here, or is only for Prometheus', () => {
  expect([...Object.keys(alertThresholds), ...onlyInPrometheus].toSorted()).toEqual(
    rules.map(({ alert }) => alert).toSorted(),
  )
})
