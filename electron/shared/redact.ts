/**
 * Removes secrets from text that is about to be written. Two fences, both behind the rule that a secret has no business in a log: the values
 * that are held in memory, in the forms in which libraries print them, and the shapes of the keys of services we speak with.
 */
export interface Redactor {
  redact(text: string): string
  /** Values shorter than 8 characters are left alone: they would hide half of every line. */
  register(secret: string): void
}

const mask = '<secret>'
const shapes: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{8,}/g,
  /\bhf_[A-Za-z0-9]{8,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\bBearer\s+[^\s"',;]+/gi,
  /\b(?:api-key|x-api-key|authorization|x-amz-security-token|aws_secret_access_key|aws_session_token)["']?\s*[:=]\s*["']?[^\s"',;]+/gi,
  /\bX-Amz-(?:Signature|Security-Token|Credential)=[^&\s"']+/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
]
const shortest = 8

export function createRedactor(): Redactor {
  const forms = new Set<string>()
  return {
    redact(text) {
      let clean = text
      for (const form of forms) clean = clean.replaceAll(form, mask)
      for (const shape of shapes) clean = clean.replace(shape, mask)
      return clean
    },
    register(secret) {
      if (secret.length < shortest) return
      for (const form of formsOf(secret)) forms.add(form)
    },
  }
}

/** As libraries and services print it: plain, in an address, in JSON. */
const formsOf = (secret: string): readonly string[] => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]

/** The same value without these secrets in any of its texts; objects of a class are left as they are. A place may repeat what it was sent in all that it says. */
export function withoutValues<T>(value: T, secrets: readonly string[]): T {
  const forms = [...new Set(secrets.filter((secret) => secret.length >= shortest).flatMap(formsOf))]
  const clean = (part: unknown): unknown => {
    if (typeof part === 'string') return forms.reduce((text, form) => text.replaceAll(form, '***'), part)
    if (Array.isArray(part)) return part.map(clean)
    return isPlain(part) ? Object.fromEntries(Object.entries(part).map(([name, one]) => [clean(name), clean(one)])) : part
  }
  return forms.length === 0 ? value : (clean(value) as T)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
