/**
 * What belongs to one transaction and doesn't need each other's results: begun in this order, so that an engine that is a
 * network away gets it in one go. Where one fails, the others are over when that is thrown: nothing goes on in a
 * transaction that is undone.
 */
export async function together<const Works extends readonly Promise<unknown>[]>(...works: Works) {
  await Promise.allSettled(works)
  return Promise.all(works)
}
