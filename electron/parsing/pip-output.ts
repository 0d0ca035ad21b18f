/** What a piece of pip's or uv's output means for progress. */
export type InstallProgress =
  | { readonly kind: 'download'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'installing' }
  | null

/** Reads one line of `pip install --progress-bar raw` or `uv pip install`. */
export function installProgress(line: string): InstallProgress {
  const bytes = /^\s*Progress (\d+) of (\d+)/.exec(line)
  if (bytes !== null) return { kind: 'download', doneBytes: Number(bytes[1]), totalBytes: Number(bytes[2]) }
  const named = /^\s*(?:Collecting|Requirement already satisfied:|Processing|Downloading|\+)\s+([A-Za-z0-9._-]+)/.exec(line)
  if (named?.[1] !== undefined && !/^\s*Downloading/.test(line)) return { kind: 'package', name: named[1] }
  if (/^\s*(Installing collected packages|Prepared \d+ packages)/.test(line)) return { kind: 'installing' }
  return null
}

/** A problem of an installation with what to do next. */
export interface InstallProblem {
  readonly code: 'disk-full' | 'network' | 'no-matching-version' | 'no-ensurepip' | 'build-tools' | 'permission' | 'killed' | 'unknown'
  readonly message: string
  readonly next: string
}

const networkTrouble = /ConnectionError|connection broken by|Max retries exceeded|Temporary failure in name resolution|timed out|ProxyError|SSLError|Failed to fetch|error sending request|Connection refused|Network is unreachable/i

const rules: readonly { readonly code: InstallProblem['code']; readonly pattern: RegExp; readonly next: string }[] = [
  { code: 'disk-full', pattern: /No space left on device|ENOSPC|WinError 112/i, next: 'Free some disk space or move the data folder, then go on from this step; finished downloads are kept.' },
  { code: 'no-ensurepip', pattern: /ensurepip is not available|No module named '?(ensurepip|venv)'?/i, next: 'Install the venv module of your Python, then go on.' },
  { code: 'no-matching-version', pattern: /No matching distribution found for (\S+)|no wheels? .*(satisfy|matching)|not found in the package registry|No solution found/i, next: 'Check that the package index, or the folder of wheels, has this version for your Python and system.' },
  { code: 'permission', pattern: /Permission denied|EACCES|WinError 5\b/i, next: 'Choose a data folder that you may write to.' },
  { code: 'network', pattern: networkTrouble, next: 'Check the network or the proxy, then go on from this step; finished downloads are kept. Without a network, use a folder of wheels.' },
  { code: 'build-tools', pattern: /Failed building wheel|subprocess-exited-with-error|error: command .* failed/i, next: 'A package had to be compiled and could not be. Use Python 3.11 or 3.12, for which finished packages exist.' },
]

/** An index may carry a user and a password in its address; neither belongs into a log. */
export function withoutPasswords(text: string): string {
  return text.replace(/(https?:\/\/)[^\s/@]+@/gi, '$1***@')
}

/** Names the cause of a failed install from the end of its output. */
export function installProblem(output: string): InstallProblem {
  // venv breaks this sentence in two.
  const text = withoutPasswords(output).replace(/ensurepip is not\s+available/, 'ensurepip is not available')
  const lines = text.split(/\r|\n/).map((line) => line.trim()).filter((line) => line !== '')
  // pip says that no version matches when it could not ask the index for any, too.
  const sawNoIndex = text.includes('(from versions: none)') && networkTrouble.test(text)
  for (const { code, pattern, next } of rules) {
    if (code === 'no-matching-version' && sawNoIndex) continue
    const hit = lines.findLast((line) => pattern.test(line))
    if (hit !== undefined) return { code, message: hit.slice(0, 400), next }
  }
  return { code: 'unknown', message: (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'The installer ended without a word.').slice(0, 400), next: 'Read the log of this step, then go on or repair.' }
}

/** The settings of `pip config list` that another installer must be given: index, extra indexes, find-links. */
export function pipSources(configList: string): { readonly index: string | null; readonly extra: readonly string[]; readonly findLinks: readonly string[] } {
  const values = new Map<string, string[]>()
  for (const line of configList.split('\n')) {
    const match = /^(?:global|install|:env:)\.(index-url|extra-index-url|find-links)='(.*)'\s*$/.exec(line.trim())
    if (match?.[1] === undefined || match[2] === undefined) continue
    values.set(match[1], [...(values.get(match[1]) ?? []), ...match[2].split(/\\n|\s+/).filter((value) => value !== '')])
  }
  return { index: values.get('index-url')?.at(-1) ?? null, extra: [...new Set(values.get('extra-index-url') ?? [])], findLinks: [...new Set(values.get('find-links') ?? [])] }
}
