import type { Registry } from 'prom-client'
import { addGauge, addGauges } from './figures.ts'
import { type Machine, type MachineSettings, type MachineWatch, type Space, watchMachine } from './watch-machine.ts'

/**
 * Adds what concerns the machine: the space of its disks, and until when the certificate of its address is valid.
 *
 * @returns what they are read by
 */
export function addMachineFigures(
  registry: Registry,
  settings: MachineSettings,
  replaced: Partial<Machine> = {},
): MachineWatch {
  const machine = watchMachine(settings, replaced)
  if (machine.directories.length > 0) {
    const figures = (figure: keyof Space) => () =>
      Array.from(machine.spaces(), ([name, space]) => [name, space[figure]] as const)
    addGauges(registry, { name: 'holdfast_disk_free_bytes', aggregator: 'min', read: figures('free') })
    addGauges(registry, { name: 'holdfast_disk_size_bytes', aggregator: 'min', read: figures('size') })
  }
  if (machine.hasCertificate) {
    addGauge(registry, {
      name: 'holdfast_certificate_expiry_timestamp_seconds',
      aggregator: 'min',
      read: () => machine.certificateEndsAt(),
    })
  }
  return machine
}
