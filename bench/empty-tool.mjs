// The official MCP server with a tool that does nothing. Argument: the port to listen on.
import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod'

const [port] = process.argv.slice(2)
const inputSchema = z.object({ request_id: z.string() })

function build() {
  const mcp = new McpServer({ name: 'empty', version: '1.0.0' })
  mcp.registerTool('empty', { description: 'Does nothing.', inputSchema }, async () => ({ content: [] }))
  return mcp
}

const server = createServer(toNodeHandler(createMcpHandler(build)))
server.listen(Number(port), '127.0.0.1')
process.on('SIGTERM', () => server.close(() => process.exit()).closeAllConnections())
