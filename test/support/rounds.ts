import { Random } from '../../src/simulator/random.ts'

const isFull = process.env.TOLLGATE_TEST_FULL === '1'

/** What the choices of all rounds come from; TOLLGATE_TEST_SEED repeats those of a run that failed. */
const seed = process.env.TOLLGATE_TEST_SEED ?? (isFull ? String(process.pid) : 'rounds')

/** How tests with rounds run: a full one takes longer than tests otherwise may. */
export const inRounds = isFull ? { timeout: 3_600_000 } : {}

/** How many there are: fewer than the full count, unless a run is to be full. */
export function countOf(usual: number, full: number): number {
  return isFull ? full : usual
}

/** Plays rounds by chance, some at once, each with choices of its own; a failure names its seed and its round. */
export async function playRounds(
  { usual, full, atOnce = 1 }: { usual: number; full: number; atOnce?: number },
  play: (random: Random, round: number) => Promise<void>,
): Promise<void> {
  const rounds = Array(countOf(usual, full)).keys()
  const playInTurn = async () => {
    for (const round of rounds) await play(new Random(seed, `round ${round}`), round).catch(failed(round))
  }
  await Promise.all(Array.from({ length: atOnce }, playInTurn))
}

function failed(round: number) {
  return (cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`TOLLGATE_TEST_SEED=${seed}, round ${round}: ${message}`, { cause })
  }
}

/** One of them. */
export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[random.below(items.length)] ?? items[0]
}
