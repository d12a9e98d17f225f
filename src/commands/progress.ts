const width = 30

/** A bar on standard error for long work; in a file or a pipe a line for each tenth. */
export function createProgress(what: string, total: number) {
  const { isTTY = false } = process.stderr
  let done = 0
  let shown = -1

  function show(): void {
    const part = total === 0 ? 1 : Math.min(1, done / total)
    const step = Math.floor(part * (isTTY ? 100 : 10))
    if (step === shown) return
    shown = step
    const percent = `${Math.floor(part * 100)} %`
    if (!isTTY) return void process.stderr.write(`tollgate: ${percent} of ${total} ${what}\n`)
    const bar = '█'.repeat(Math.round(part * width)).padEnd(width, '░')
    process.stderr.write(`\r${bar} ${percent.padStart(5)} of ${total} ${what}`)
  }

  return {
    add(howMany: number): void {
      done += howMany
      show()
    },
    end(): void {
      show()
      if (isTTY) process.stderr.write('\n')
    },
  }
}
