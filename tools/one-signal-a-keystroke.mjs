// Loaded before the program by the bootstrap. Ctrl-C reaches the terminal's whole foreground group, and npm, which is
// in it, forwards the SIGINT to its script: one keystroke, two signals, some milliseconds apart. For a program that
// finishes requests in flight the second one means "stop immediately", so such a pair counts as one here. A person who
// presses Ctrl-C again is slower than that.
const pairMs = 300

/** @type {Map<string, number>} */
const lastAt = new Map()
const emit = process.emit

process.emit = function (name, ...args) {
  if (name === 'SIGINT' || name === 'SIGTERM') {
    const now = performance.now()
    const before = lastAt.get(name) ?? Number.NEGATIVE_INFINITY
    lastAt.set(name, now)
    if (now - before < pairMs) return true
  }
  return Reflect.apply(emit, this, [name, ...args])
}
