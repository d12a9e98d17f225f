import { decideApproval, listApprovals } from './access/operations.ts'
import { getConversion, listDecisions } from './guard/operations.ts'
import {
  buyNumber,
  cancelNumber,
  listOwnedNumbers,
  searchAvailableNumbers,
  updateNumber,
} from './numbers/operations.ts'
import {
  cancelVerification,
  checkVerification,
  getVerification,
  listVerifications,
  requestVerification,
  triggerNextEvent,
} from './verifications/operations.ts'

/** Every operation there is, in the order in which people read about them. */
export const operations = [
  requestVerification,
  checkVerification,
  cancelVerification,
  triggerNextEvent,
  getVerification,
  listVerifications,
  listOwnedNumbers,
  searchAvailableNumbers,
  buyNumber,
  updateNumber,
  cancelNumber,
  listDecisions,
  getConversion,
  listApprovals,
  decideApproval,
] as const
