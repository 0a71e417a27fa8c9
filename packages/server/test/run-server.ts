import { runServer } from '@holdfast/server/main'

// What `holdfast start` does, for tests that need a process to send signals to.
process.exitCode = await runServer({ env: process.env })
