import type { Reporter, TestModule } from 'vitest/node'

/** Prints the tests that passed only when they were repeated: each has a fault to be found. */
export class SecondAttempts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests()]
        .filter((test) => test.diagnostic()?.flaky)
        .flatMap((test) => [
          `  ${module.relativeModuleId} > ${test.fullName}`,
          ...(test.result().errors ?? []).map(({ message }) => `    ${message}`),
        ]),
    )
    if (lines.length > 0) console.log(`\nPassed only at the second attempt:\n${lines.join('\n')}\n`)
  }
}
