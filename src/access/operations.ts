import * as z from 'zod'
import { operation } from '../operation.ts'
import { pageAsked, pageTold } from '../page-members.ts'

const approvalId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be the 32 hex digits of an approval')
  .describe('The approval_id, such as 3310c60fd7f1131271c4f8bd284d0161.')

const state = z.enum(['pending', 'approved', 'denied', 'used'])
const dateTime = z.iso.datetime()

const approval = z.looseObject({
  approval_id: approvalId,
  state: z.enum([...state.options, 'expired']),
  operation: z.string(),
  caller: z.string().describe('Who asks.'),
  asks: z.string().describe('What is asked, in words.'),
  input: z.looseObject({}).describe('The exact arguments of the operation.'),
  price_now: z.string().describe('What it costs at once.'),
  price_monthly: z.string().describe('What it costs a month from then on.'),
  currency: z.string(),
  created_at: dateTime,
  expires_at: dateTime,
  decided_at: dateTime.optional(),
  decided_by: z.string().optional(),
  used_at: dateTime.optional(),
})

export const listApprovals = operation({
  name: 'list-approvals',
  title: 'List approvals',
  description: 'List what callers have asked a person to approve, newest first.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  scope: 'admin',
  tool: 'never',
  input: z.strictObject({
    state: state.optional().describe('Only those in this state, as it is written down.'),
    ...pageAsked,
  }),
  output: z.looseObject({
    approvals: z.array(approval),
    ...pageTold,
  }),
  problems: [],
  run: (query, { approvals, caller }) => approvals.list(query, caller),
})

export const decideApproval = operation({
  name: 'decide-approval',
  title: 'Approve or deny',
  description:
    'Approve or deny what another caller asks for. It is good for the exact arguments and price, for ten minutes from the asking, once.',
  hints: { readOnly: false, destructive: true, idempotent: false },
  scope: 'admin',
  tool: 'never',
  input: z.strictObject({
    approval_id: approvalId,
    decision: z.enum(['approve', 'deny'], 'must be approve or deny').describe('approve or deny.'),
  }),
  output: approval,
  problems: ['not_found', 'not_now'],
  run: ({ approval_id, decision }, { approvals, caller }) => approvals.decide(approval_id, decision, caller),
})
