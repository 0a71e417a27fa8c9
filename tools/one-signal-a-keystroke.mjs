// Loaded before the program by the bootstrap. Ctrl-C reaches the terminal's whole foreground group, and npm, which is
// in it, passes the SIGINT on to its script: one keystroke, two signals, some milliseconds apart. To a program that
// finishes what is in flight the second one means "now, without finishing", so a pair is made one here. Someone who
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
