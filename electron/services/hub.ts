import { AppError, messageOf } from '../shared/app-error'
import type { DownloadId } from '../shared/ids'
import type { DownloadState, HubModel } from '../shared/model'
import type { DownloadReport, HubAccess, HubListing } from '../remote/hub-client'

export interface HubDeps {
  readonly access: () => Promise<HubAccess>
  readonly client: {
    lookUp(access: HubAccess, hubId: string, revision: string, cacheRoot: string): Promise<HubListing>
    download(access: HubAccess, listing: HubListing, signal: AbortSignal, onProgress: (report: DownloadReport) => void): Promise<string>
  }
  readonly cacheRoot: string
  /** Adds a finished download to the models. */
  readonly onDownloaded: (listing: HubListing, folder: string) => Promise<void>
  readonly newId: () => DownloadId
  readonly now: () => number
  readonly onChanged: (downloads: readonly DownloadState[]) => void
}

const pushEveryMs = 250
/** Left on the disk beside a download. */
const spareBytes = 512 * 1024 * 1024

/** Looks models up and downloads them. A download that was cut goes on where it stopped; finished parts stay. */
export function createHub(deps: HubDeps) {
  const downloads = new Map<DownloadId, DownloadState>()
  const running = new Map<DownloadId, AbortController>()
  const folders = new Map<DownloadId, string>()
  let lastPush = 0

  const set = (state: DownloadState, now: boolean): void => {
    downloads.set(state.id, state)
    if (!now && deps.now() - lastPush < pushEveryMs) return
    lastPush = deps.now()
    deps.onChanged([...downloads.values()])
  }

  const run = async (id: DownloadId, listing: HubListing, access: HubAccess, abort: AbortController): Promise<void> => {
    const startedMs = deps.now()
    const startBytes = listing.cachedBytes
    const onProgress = ({ file, doneBytes }: DownloadReport): void => {
      const seconds = (deps.now() - startedMs) / 1000
      const state = downloads.get(id)
      if (state !== undefined) set({ ...state, file, doneBytes, bytesPerSecond: seconds > 1 && doneBytes > startBytes ? (doneBytes - startBytes) / seconds : null }, false)
    }
    const state = (): DownloadState => downloads.get(id) ?? { id, hubId: listing.hubId, state: 'running', doneBytes: 0, totalBytes: listing.totalBytes, bytesPerSecond: null, file: null, error: null }
    try {
      const folder = await deps.client.download(access, listing, abort.signal, onProgress)
      await deps.onDownloaded(listing, folder)
      set({ ...state(), state: 'done', doneBytes: listing.totalBytes, bytesPerSecond: null, file: null }, true)
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'HUB_FAILED'
      set({ ...state(), state: code === 'CANCELLED' ? 'cancelled' : 'failed', bytesPerSecond: null, error: code === 'CANCELLED' ? null : { code, message: messageOf(error) } }, true)
    } finally {
      running.delete(id)
      folders.delete(id)
    }
  }

  const start = async (id: DownloadId, hubId: string, revision: string): Promise<DownloadId> => {
    const access = await deps.access()
    const listing = await deps.client.lookUp(access, hubId, revision, deps.cacheRoot)
    // Two names of one commit lead to the same files: a second download of them would write over the first.
    const twin = [...downloads.values()].find((known) => known.state === 'running' && known.hubId === nameOf(listing))
    if (twin !== undefined) return twin.id
    if (!listing.files.some(({ path }) => path.endsWith('.safetensors'))) throw new AppError('MODEL_UNUSABLE', `${hubId} has no safetensors weights, so it can't be trained here`)
    if (listing.totalBytes - listing.cachedBytes + spareBytes > listing.freeBytes) {
      throw new AppError('DISK_FULL', 'the disk has no room for this model', { data: { neededBytes: listing.totalBytes - listing.cachedBytes, freeBytes: listing.freeBytes } })
    }
    // An earlier try of the same model goes on as this one.
    for (const known of [...downloads.values()]) if (known.hubId === nameOf(listing)) downloads.delete(known.id)
    const abort = new AbortController()
    running.set(id, abort)
    folders.set(id, listing.cachePath)
    set({ id, hubId: nameOf(listing), state: 'running', doneBytes: listing.cachedBytes, totalBytes: listing.totalBytes, bytesPerSecond: null, file: null, error: null }, true)
    void run(id, listing, access, abort)
    return id
  }

  return {
    async lookUp(hubId: string, revision: string): Promise<HubModel> {
      const { files, ...model } = await deps.client.lookUp(await deps.access(), hubId, revision, deps.cacheRoot)
      return { ...model, files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes: sizeBytes ?? 0 })) }
    },
    download: (hubId: string, revision: string): Promise<DownloadId> => start(deps.newId(), hubId, revision),
    downloads: (): readonly DownloadState[] => [...downloads.values()],
    cancel: (id: DownloadId): void => running.get(id)?.abort(),
    /** Takes a download that has ended off the list; what it has fetched stays until Storage cleans up. */
    dismiss(id: DownloadId): void {
      if (running.has(id) || !downloads.delete(id)) return
      deps.onChanged([...downloads.values()])
    },
    async resume(id: DownloadId): Promise<DownloadId> {
      const known = downloads.get(id)
      if (known === undefined) throw new AppError('HUB_MISSING', 'this download is of an earlier session; look the model up again and it goes on')
      if (known.state === 'running') return id
      const [hubId = '', revision = 'main'] = known.hubId.split('@')
      return start(id, hubId, revision)
    },
    /** Folders that a running download writes into. */
    busyFolders: (): readonly string[] => [...folders.values()],
    close(): void {
      for (const abort of running.values()) abort.abort()
    },
  }
}
export type Hub = ReturnType<typeof createHub>

const nameOf = ({ hubId, revision }: HubListing): string => `${hubId}@${revision}`
