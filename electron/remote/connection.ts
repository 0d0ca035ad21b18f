import type { AwsConnection, OpenaiConnection } from '../shared/connection'
import type { ConnectionId } from '../shared/ids'
import type { Gateway } from './gateway'

/** A place that is ready to be asked: what the user configured, the way to it, and its key (held in memory only). */
export interface OpenAws {
  readonly id: ConnectionId
  readonly config: AwsConnection
  readonly gateway: Gateway
}
export interface OpenOpenai {
  readonly id: ConnectionId
  readonly config: OpenaiConnection
  readonly gateway: Gateway
  /** Empty where the service asks for none. */
  readonly key: string
}
export type OpenConnection = OpenAws | OpenOpenai

/** How backends reach a connection of the settings. Throws CONNECTION_NOT_FOUND; the kind is checked. */
export interface Connections {
  aws(id: ConnectionId): Promise<OpenAws>
  openai(id: ConnectionId): Promise<OpenOpenai>
}
