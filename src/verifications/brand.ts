import * as z from 'zod'

// 。 is a dot too: browsers read it as one.
const webAddress = /:\/\/|www[.。]|[\p{L}\p{N}-][.。]\p{L}{2,}|\p{N}{1,3}([.。]\p{N}{1,3}){3}|\p{L}\/\p{L}/iu
const dialable = /\p{N}([\s\p{Pd}.。()[\]]*\p{N}){4}/u

/** Letters and digits in disguise, such as ① and ．, are judged as what they look like. */
const plain = (text: string) => text.normalize('NFKC')

export const brand = z
  .string()
  .min(1, 'must have 1 to 18 characters')
  .max(18, 'must have 1 to 18 characters')
  .refine((text) => !/\p{C}/u.test(text) && /\S/.test(text), 'must be readable text')
  .refine((text) => !webAddress.test(plain(text)), 'must not be the address of a web page')
  .refine((text) => !dialable.test(plain(text)), 'must not hold five or more digits in a row')
  .describe('The name of your service, as it stands in the message: 1 to 18 characters, such as Acme.')
