import type { RemoteModel } from '../../../../electron/shared/cloud'
import { dateWords } from '../../text/money'

/** `ends 14 Jan 2027`, `ended 14 Jan 2027`, `no end known`. */
export function endWords({ shutdownDate }: Pick<RemoteModel, 'shutdownDate'>, nowMs: number = Date.now()): string {
  if (shutdownDate === null) return 'no end known'
  return `${Date.parse(`${shutdownDate}T00:00:00Z`) <= nowMs ? 'ended' : 'ends'} ${dateWords(shutdownDate)}`
}

/** Whether this service answers only under a deployment that the user has made. */
export const needsDeployment = (remote: RemoteModel, preset: string | null): boolean => preset === 'azure' && remote.deployment === null
