import { AppSettings } from '../shared/settings'
import { defaultSettings } from '../shared/default-settings'
import type { Connection } from './database'

/** The app's settings, one row per field. Secrets never come here. */
export interface SettingsStore {
  /** A field that is missing, or that an older version wrote in a form no longer valid, has its default. */
  get(): AppSettings
  set(change: Partial<AppSettings>): AppSettings
}

export function createSettingsStore(connection: Connection): SettingsStore {
  const all = connection.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings')
  const put = connection.prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
  const get = (): AppSettings => {
    let settings = defaultSettings
    for (const { key, value } of all.all()) {
      const merged = AppSettings.safeParse({ ...settings, [key]: JSON.parse(value) as unknown })
      if (merged.success) settings = merged.data
    }
    return settings
  }
  const set = connection.transaction((change: Partial<AppSettings>): AppSettings => {
    for (const [key, value] of Object.entries(AppSettings.partial().parse(change))) if (value !== undefined) put.run(key, JSON.stringify(value))
    return get()
  })
  return { get, set: (change) => set.immediate(change) }
}
