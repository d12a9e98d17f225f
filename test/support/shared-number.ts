import assert from 'node:assert/strict'
import type { Random } from '../../src/simulator/random.ts'
import type { Answer } from './gateway.ts'
import { mcpCall } from './mcp-call.ts'
import type { ReadingBooks } from './reading-books.ts'
import { pick } from './rounds.ts'
import type { World } from './worlds.ts'

/** A number that its owner and an attacker ask for through the same application. */
export class SharedNumber {
  readonly number: string
  readonly #world: World
  readonly #random: Random
  readonly #books: ReadingBooks
  readonly sessions: Record<'victim' | 'attacker', string[]> = { victim: [], attacker: [] }
  readonly cancelled = new Set<string>()
  /** Of the victim's calls. */
  readonly #keys: string[] = []

  constructor({ world, random, books, number }: { world: World; random: Random; books: ReadingBooks; number: string }) {
    this.#world = world
    this.#random = random
    this.#books = books
    this.number = number
  }

  /** What its owner and the attacker do at once, by chance. */
  async play(): Promise<void> {
    const guess = () => this.guess()
    const giveCode = () => this.giveCode()
    const attack = () => this.ask('attacker')
    const moves = [
      ...[guess, guess, guess, giveCode, giveCode, attack, attack],
      () => this.ask('victim'),
      () => this.cancel(),
      () => this.next(),
    ] as const
    await Promise.all(Array.from({ length: 1 + this.#random.below(4) }, () => pick(this.#random, moves)()))
  }

  get ids(): string[] {
    return [...this.sessions.victim, ...this.sessions.attacker]
  }

  async ask(who: 'victim' | 'attacker'): Promise<void> {
    const answers = await this.#post('/v1/verifications', { number: this.number, brand: 'Acme' })
    const ids = new Set<string>(answers.flatMap(({ body }) => body.request_id ?? []))
    for (const id of ids) assert.ok(!this.ids.includes(id), 'each request has an id of its own')
    this.sessions[who].push(...ids)
  }

  /** Only the victim knows the code. */
  async giveCode(id = this.#someOf('victim')): Promise<void> {
    const code = (await this.#world.messages(this.number)).at(-1)?.code
    if (id === undefined || code === undefined) return
    this.#books.givers.add(id)
    const answers = await this.#post('/v1/verifications/check', { request_id: id, code })
    for (const { status } of answers) if (status === 200) this.#books.told.add(id)
  }

  /** With an own session, sometimes under a key that the victim has used. */
  async guess(): Promise<void> {
    const id = this.#someOf(pick(this.#random, ['attacker', 'attacker', 'victim']))
    if (id === undefined) return
    const wanted = { request_id: id, code: await this.#wrongCode() }
    if (this.#random.below(3) > 0) return void (await this.#post('/v1/verifications/check', wanted))
    const node = pick(this.#random, this.#world.nodes)
    const key = this.#keys.at(-1)
    this.#judge(
      key === undefined
        ? await mcpCall(node.addresses.mcp, 'tools/call', { name: 'check-verification', arguments: wanted })
        : await node.rest('POST', '/v1/verifications/check', wanted, { 'idempotency-key': key }),
    )
  }

  async cancel(): Promise<void> {
    const id = this.#someOf(pick(this.#random, ['attacker', 'victim']))
    if (id === undefined) return
    this.cancelled.add(id)
    await this.#post(`/v1/verifications/${id}/cancel`)
  }

  async next(): Promise<void> {
    const id = this.#someOf(pick(this.#random, ['attacker', 'victim']))
    if (id !== undefined) await this.#post(`/v1/verifications/${id}/next`)
  }

  /** On one of the nodes, or under one key on all of them at once. */
  async #post(path: string, body?: object): Promise<Answer[]> {
    const { nodes } = this.#world
    const isRepeated = this.#random.below(4) === 0
    const key = this.#random.hex(16)
    if (isRepeated) this.#keys.push(key)
    const answers = isRepeated
      ? await Promise.all(nodes.map((node) => node.rest('POST', path, body, { 'idempotency-key': key })))
      : [await pick(this.#random, nodes).rest('POST', path, body)]
    for (const answer of answers) this.#judge(answer)
    return answers
  }

  #judge(answer: Answer): void {
    this.#books.judge(answer.body)
    assert.notEqual(answer.status, 500)
  }

  #someOf(who: 'victim' | 'attacker'): string | undefined {
    const [first, ...more] = this.sessions[who]
    return first === undefined ? undefined : pick(this.#random, [first, ...more])
  }

  async #wrongCode(): Promise<string> {
    const codes = (await this.#world.messages(this.number)).map(({ code }) => code)
    const code = this.#random.digits(6)
    return codes.includes(code) ? this.#wrongCode() : code
  }
}
