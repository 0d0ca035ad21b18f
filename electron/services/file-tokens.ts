import { AppError } from '../shared/app-error'
import type { FileToken } from '../shared/ids'

/** Files and folders that the user picked or dropped in this session. The window holds tokens; only the engine knows what they stand for. */
export interface FileTokens {
  add(path: string): FileToken
  /** Throws FILE_TOKEN for a token that this session did not give out. */
  pathOf(token: FileToken): string
  /** True for a path that the user picked in this session. */
  knows(path: string): boolean
}

export function createFileTokens(newToken: () => FileToken): FileTokens {
  const paths = new Map<FileToken, string>()
  return {
    add(path) {
      const token = newToken()
      paths.set(token, path)
      return token
    },
    pathOf(token) {
      const path = paths.get(token)
      if (path === undefined) throw new AppError('FILE_TOKEN', 'the file was picked in an earlier session')
      return path
    },
    knows: (path) => [...paths.values()].includes(path),
  }
}
