import { approvalExamples } from './access/examples.ts'
import { guardExamples } from './guard/examples.ts'
import { numberExamples } from './numbers/examples.ts'
import type { Example } from './operation.ts'
import type { operations } from './operations.ts'
import { verificationExamples } from './verifications/examples.ts'

type Name = (typeof operations)[number]['name']

/** Of every operation. They stand apart from the definitions so that no client carries them. */
const examples: Record<Name, readonly Example[]> = {
  ...verificationExamples,
  ...numberExamples,
  ...guardExamples,
  ...approvalExamples,
}

export function examplesOf(name: string): readonly Example[] {
  return Object.entries(examples).find(([key]) => key === name)?.[1] ?? []
}
