import type { Reporter, TestModule } from 'vitest/node'

const filesMax = 10

/** Prints the files that took longest, with their hooks, at the end of a run. */
export class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const took = modules.map((module) => {
      const { collectDuration, duration } = module.diagnostic()
      return { path: module.relativeModuleId, seconds: (collectDuration + duration) / 1000 }
    })
    if (took.length <= filesMax) return
    took.sort((one, other) => other.seconds - one.seconds)
    const sum = took.reduce((seconds, one) => seconds + one.seconds, 0)
    const lines = took.slice(0, filesMax).map(({ path, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`)
    console.log(
      `\nThe ${filesMax} slowest of ${took.length} test files, which took ${sum.toFixed(0)} s:\n${lines.join('\n')}\n`,
    )
  }
}
