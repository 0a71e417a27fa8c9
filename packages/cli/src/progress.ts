import { SingleBar } from 'cli-progress'
import type { Terminal } from './terminal.ts'

const labels = {
  clinics: 'clinics   ',
  bookings: 'bookings  ',
  blocks: 'blocks    ',
  cases: 'cases     ',
  milestones: 'milestones',
}

export type Progress = {
  /** Starts a phase with so many steps. */
  begin(phase: keyof typeof labels, steps: number): void
  step(done: number): void
  end(): void
}

/** How often the progress is reported where no bar can be drawn. */
const reportMs = 10_000

/** A progress bar on a terminal; elsewhere a line every ten seconds. */
export function createProgress(terminal: Pick<Terminal, 'progress' | 'note'>): Progress {
  const stream = terminal.progress
  if (stream === null) return progressLines(terminal)
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

function progressLines(terminal: Pick<Terminal, 'note'>): Progress {
  let current: { phase: keyof typeof labels; steps: number } | null = null
  let reportedAtMs = 0
  return {
    begin(phase, steps) {
      current = { phase, steps }
      reportedAtMs = performance.now()
    },
    step(done) {
      if (current === null || performance.now() - reportedAtMs < reportMs) return
      reportedAtMs = performance.now()
      terminal.note(`${current.phase}: ${done} of ${current.steps}`)
    },
    end() {
      current = null
    },
  }
}
