/** What a caller may be allowed to do. Each operation needs one of them. */
export const scopes = ['verify', 'verifications:read', 'numbers:read', 'numbers:buy', 'numbers:write', 'admin'] as const

export type Scope = (typeof scopes)[number]
