import type { Clock } from './clock.ts'
import type { Store } from './store/store.ts'
import { emptyWindow, paceWindow, takeCalls } from './vonage/pace-window.ts'
import type { PaceBook } from './vonage/shared-pace.ts'

/** The calls of all nodes on one ledger, in its time. */
export function createPaceBook(store: Store, clock: Clock): PaceBook {
  return {
    take: (name, wanted) =>
      store.transaction(`pace ${name}`, async (tx) => {
        const state = await tx.pace(name)
        const before = state === undefined ? emptyWindow : paceWindow.parse(JSON.parse(state))
        const { taken, window } = takeCalls(before, { ...wanted, now: clock.now() })
        await tx.keepPace(name, JSON.stringify(window))
        return taken
      }),
  }
}
