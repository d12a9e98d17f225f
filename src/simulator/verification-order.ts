import { type CallParameters, single } from './call-parameters.ts'
import { readPhoneNumber } from './phone-number.ts'
import type { VerificationOrder } from './verifications.ts'
import { texts } from './verify-texts.ts'
import { planWorkflow } from './workflows.ts'

/** A refused parameter: the v1 status and, where it isn't the status' usual one, its text. */
interface Refusal {
  status: string
  text?: string
}

const maxBrandLength = 18
const maxSenderIdLength = 11
const languages = new Set(
  (
    'ar-xa cs-cz cy-cy cy-gb da-dk de-de el-gr en-au en-gb en-in en-us es-es es-mx es-us fi-fi fil-ph fr-ca fr-fr ' +
    'hi-in hu-hu id-id is-is it-it ja-jp ko-kr nb-no nl-nl pl-pl pt-br pt-pt ro-ro ru-ru sv-se th-th tr-tr vi-vn ' +
    'yue-cn zh-cn zh-tw'
  ).split(' '),
)

/** Judges the parameters of a verification request: first what is missing, then what is invalid. */
export function readVerificationOrder(parameters: CallParameters): VerificationOrder | Refusal {
  const given = (name: string) => single(parameters, name) || undefined
  const number = given('number')
  const brand = given('brand')
  if (!number) return { status: '2', text: texts.missing('number') }
  if (!brand) return { status: '2', text: texts.missing('brand') }
  const country = given('country')
  const refusedCountry = refuseForm('country', country, (text) => /^[a-z]{2}$/i.test(text))
  if (refusedCountry) return refusedCountry
  const msisdn = readPhoneNumber(number, country)
  if (!msisdn) return { status: '3', text: texts.invalid('number') }
  const refusal =
    refuseText('brand', brand, maxBrandLength) ??
    refuseText('sender_id', given('sender_id'), maxSenderIdLength) ??
    refuseForm('lg', given('lg'), (language) => languages.has(language)) ??
    refuseCodeLength(given('code_length')) ??
    refuseRange('workflow_id', given('workflow_id'), 1, 7) ??
    refuseRange('pin_expiry', given('pin_expiry'), 60, 3600) ??
    refuseRange('next_event_wait', given('next_event_wait'), 60, 900) ??
    (given('pin_code') === undefined ? undefined : { status: '20' })
  if (refusal) return refusal
  const plan = planWorkflow({
    workflowId: Number(given('workflow_id') ?? 1),
    pinExpirySeconds: optionalNumber(given('pin_expiry')),
    nextEventWaitSeconds: optionalNumber(given('next_event_wait')),
  })
  return { ...plan, number: msisdn, brand, senderId: given('sender_id'), codeLength: Number(given('code_length') ?? 4) }
}

function refuseText(name: string, value: string | undefined, maxLength: number): Refusal | undefined {
  if (value !== undefined && [...value].length > maxLength) return { status: '3', text: texts.tooLong(name) }
  return refuseForm(name, value, (text) => !/\p{Control}/u.test(text))
}

function refuseForm(name: string, value: string | undefined, isValid: (value: string) => boolean): Refusal | undefined {
  return value === undefined || isValid(value) ? undefined : { status: '3', text: texts.invalid(name) }
}

function refuseRange(name: string, value: string | undefined, least: number, most: number): Refusal | undefined {
  return refuseForm(name, value, (text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most)
}

function refuseCodeLength(value: string | undefined): Refusal | undefined {
  const refusal = refuseForm('code_length', value, (text) => /^-?\d+$/.test(text))
  if (refusal || value === undefined || Number(value) === 4 || Number(value) === 6) return refusal
  return { status: '3', text: texts.codeLength }
}

function optionalNumber(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}
