import { alertWrites } from './alerts.ts'
import { apiKeyWrites } from './api-keys.ts'
import { approvalWrites } from './approvals.ts'
import { auditWrites } from './audit.ts'
import { checkWrites } from './checks.ts'
import { decisionWrites } from './decisions.ts'
import { erasureWrites } from './erasure.ts'
import { keyWrites } from './keys.ts'
import { knownPeopleWrites } from './known-people.ts'
import { levelWrites } from './levels.ts'
import { nextWrites } from './nexts.ts'
import { orderWrites } from './orders.ts'
import { paceWrites } from './paces.ts'
import { createReads } from './reads.ts'
import { restoreWrites } from './restore.ts'
import { runWrites } from './runs.ts'
import { sealedWrites } from './sealed.ts'
import { sendWrites } from './sends.ts'
import { signingKeyWrites } from './signing-keys.ts'
import { spendWrites } from './spends.ts'
import type { Sql } from './sql.ts'
import type { Transaction } from './store.ts'
import { toldPriceWrites } from './told-prices.ts'
import { verificationWrites } from './verifications.ts'
import { webhookWrites } from './webhooks.ts'

/** The writes of one connection; they count only between its begin and commit. */
export function createTransaction(sql: Sql): Transaction {
  return {
    ...createReads(sql),
    ...runWrites(sql),
    ...checkWrites(sql),
    ...nextWrites(sql),
    ...verificationWrites(sql),
    ...sendWrites(sql),
    ...orderWrites(sql),
    ...keyWrites(sql),
    ...levelWrites(sql),
    ...paceWrites(sql),
    ...signingKeyWrites(sql),
    ...apiKeyWrites(sql),
    ...approvalWrites(sql),
    ...spendWrites(sql),
    ...toldPriceWrites(sql),
    ...auditWrites(sql),
    ...alertWrites(sql),
    ...decisionWrites(sql),
    ...knownPeopleWrites(sql),
    ...webhookWrites(sql),
    ...erasureWrites(sql),
    ...restoreWrites(sql),
    ...sealedWrites(sql),
  }
}
