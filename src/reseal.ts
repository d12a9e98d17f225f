import type { DataKeys } from './privacy.ts'
import type { SealedPlace, SealedValue, Store } from './store/store.ts'

export interface Resealed {
  /** Values that the newest key has sealed now. */
  resealed: number
  /** Values that no key opens. */
  unreadable: number
}

/** Few enough that a gateway on the same ledger does not notice. */
const atOnce = 200

/** Seals what older keys have sealed with the newest. Tells now and then how many values of a place it has. */
export async function reseal(
  store: Store,
  keys: DataKeys,
  onProgress: (place: string, resealed: number) => void,
): Promise<Resealed> {
  const all = { resealed: 0, unreadable: 0 }
  for (const place of store.sealedPlaces) {
    let ofPlace = 0
    for await (const values of pages(store, place)) {
      const older = values.filter(({ sealed }) => keys.keyOf(sealed) === 'older')
      all.unreadable += values.filter(({ sealed }) => keys.keyOf(sealed) === 'none').length
      if (older.length === 0) continue
      ofPlace += await replace(store, keys, { place, values: older })
      onProgress(`${place.table}.${place.column}`, ofPlace)
    }
    all.resealed += ofPlace
  }
  return all
}

/** How many values only an older key opens. */
export async function countOlder(store: Store, keys: DataKeys): Promise<number> {
  let older = 0
  for (const place of store.sealedPlaces) {
    for await (const values of pages(store, place)) {
      older += values.filter(({ sealed }) => keys.keyOf(sealed) === 'older').length
    }
  }
  return older
}

async function* pages(store: Store, place: SealedPlace): AsyncGenerator<SealedValue[]> {
  let values = await store.sealedValues(place, undefined, atOnce)
  while (values.length > 0) {
    yield values
    values = await store.sealedValues(place, values.at(-1), atOnce)
  }
}

/** A value that has changed meanwhile was written anew, or is gone. */
function replace(
  store: Store,
  keys: DataKeys,
  { place, values }: { place: SealedPlace; values: SealedValue[] },
): Promise<number> {
  return store.transaction('reseal', async (tx) => {
    let replaced = 0
    for (const value of values) {
      if (await tx.replaceSealed(place, value, keys.seal(keys.open(value.sealed)))) replaced += 1
    }
    return replaced
  })
}
