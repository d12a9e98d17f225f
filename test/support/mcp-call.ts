import { request } from './gateway.ts'

/** One JSON-RPC request to a gateway's /mcp in the current protocol, without a client. */
export async function mcpCall(url: string, method: string, params: Record<string, unknown> = {}, headers = {}) {
  const version = '2026-07-28'
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  }
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: envelope } }
  const name: Record<string, string> = typeof params.name === 'string' ? { 'mcp-name': params.name } : {}
  return request(url, 'POST', body, {
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...name,
    ...headers,
  })
}
