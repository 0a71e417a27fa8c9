import type { BrokerDrillResult } from './run-broker-drill.ts'

/** The result as a table. */
export function brokerTable({ lagSeconds, bookingsPerSecond, ...result }: BrokerDrillResult): string {
  const rows: [string, string | number][] = [
    ['booked while published, and with the broker down', result.bookings],
    ['events that arrived', result.arrived],
    ['bookings/s without publishing', bookingsPerSecond.without],
    ['bookings/s while events were published', bookingsPerSecond.publishing],
    ['bookings/s while the broker was down', bookingsPerSecond.brokerDown],
    ['÷ while events were published', (bookingsPerSecond.brokerDown / bookingsPerSecond.publishing).toFixed(2)],
    ['events/s published', result.eventsPerSecond],
    ['lag, median, p99 and largest', `${lagSeconds.p50} s, ${lagSeconds.p99} s, ${lagSeconds.max} s`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(56)}${value}\n`).join('')
}
