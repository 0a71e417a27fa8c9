import { SingleBar } from 'cli-progress'
import type { Terminal } from '../terminal.ts'
import type { ReplayProgress } from './replay-appointments.ts'

const labels = { clinics: 'clinics ', bookings: 'bookings' }

/** A progress bar on a terminal; elsewhere nothing. */
export function createReplayProgress(terminal: Terminal): ReplayProgress {
  const stream = terminal.progress
  if (stream === null) return { begin() {}, step() {}, end() {} }
  let bar: SingleBar | null = null
  const end = () => {
    bar?.stop()
    bar = null
  }
  return {
    begin(phase, steps) {
      end()
      bar = new SingleBar({
        format: `${labels[phase]} {bar} {value}/{total}  {eta_formatted}`,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        stream,
        hideCursor: true,
        clearOnComplete: true,
        etaBuffer: 500,
        // Ctrl-C is the command's to handle.
        gracefulExit: false,
      })
      bar.start(steps, 0)
    },
    step(done) {
      bar?.update(done)
    },
    end,
  }
}
