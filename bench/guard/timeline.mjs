// What happens when, on a clock that moves only for it.

export function createTimeline(clock) {
  const heap = []
  const isBefore = (one, other) => one.at < other.at || (one.at === other.at && one.order < other.order)
  let order = 0

  function add(time, act) {
    const at = Math.round(time)
    heap.push({ at, act, order: order++ })
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!isBefore(heap[child], heap[parent])) break
      ;[heap[child], heap[parent]] = [heap[parent], heap[child]]
      child = parent
    }
  }

  function take() {
    const [first] = heap
    const last = heap.pop()
    if (heap.length === 0) return first
    heap[0] = last
    for (let parent = 0; ; ) {
      const children = [2 * parent + 1, 2 * parent + 2].filter((child) => child < heap.length)
      const [least] = children.sort((one, other) => (isBefore(heap[one], heap[other]) ? -1 : 1))
      if (least === undefined || !isBefore(heap[least], heap[parent])) break
      ;[heap[least], heap[parent]] = [heap[parent], heap[least]]
      parent = least
    }
    return first
  }

  return {
    add,
    async play() {
      while (heap.length > 0) {
        const { at, act } = take()
        if (at > clock.now()) await clock.moveTo(at)
        await act()
      }
    },
  }
}
