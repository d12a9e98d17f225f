import { operations } from '../operations.ts'
import { openApiDocument } from '../surfaces/openapi.ts'
import { type Command, print } from './command.ts'

export const openapi: Command = {
  name: 'openapi',
  usage: 'openapi',
  summary: 'Print the OpenAPI 3.1 document of the REST API.',
  help: 'The same document as a running gateway serves at /openapi.json.',
  async run() {
    print(JSON.stringify(openApiDocument(operations, 'http://127.0.0.1:8082'), null, 2))
  },
}
