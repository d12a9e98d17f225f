/** The configuration refuses to be one; the message names the setting and what is allowed, in one line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
